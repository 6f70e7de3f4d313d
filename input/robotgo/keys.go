package robotgo

// key is what robotgo calls a key, and the keysym by which it looks for it
// where the desktop is X.
type key struct {
	name   string
	keysym uint32
}

// keys holds, by evdev code, the keys that robotgo presses right. Left out are
// those that it gets wrong or lacks: it presses another key for num_enter and
// the operators of the keypad, and code 204 for a name that it does not know.
// It never changes.
var keys = map[uint16]key{
	1:   {"esc", 0xff1b},                // Escape
	2:   {"1", 0x31},                    // Digit1
	3:   {"2", 0x32},                    // Digit2
	4:   {"3", 0x33},                    // Digit3
	5:   {"4", 0x34},                    // Digit4
	6:   {"5", 0x35},                    // Digit5
	7:   {"6", 0x36},                    // Digit6
	8:   {"7", 0x37},                    // Digit7
	9:   {"8", 0x38},                    // Digit8
	10:  {"9", 0x39},                    // Digit9
	11:  {"0", 0x30},                    // Digit0
	12:  {"-", 0x2d},                    // Minus
	13:  {"=", 0x3d},                    // Equal
	14:  {"backspace", 0xff08},          // Backspace
	15:  {"tab", 0xff09},                // Tab
	16:  {"q", 0x71},                    // KeyQ
	17:  {"w", 0x77},                    // KeyW
	18:  {"e", 0x65},                    // KeyE
	19:  {"r", 0x72},                    // KeyR
	20:  {"t", 0x74},                    // KeyT
	21:  {"y", 0x79},                    // KeyY
	22:  {"u", 0x75},                    // KeyU
	23:  {"i", 0x69},                    // KeyI
	24:  {"o", 0x6f},                    // KeyO
	25:  {"p", 0x70},                    // KeyP
	26:  {"[", 0x5b},                    // BracketLeft
	27:  {"]", 0x5d},                    // BracketRight
	28:  {"enter", 0xff0d},              // Enter
	29:  {"lctrl", 0xffe3},              // ControlLeft
	30:  {"a", 0x61},                    // KeyA
	31:  {"s", 0x73},                    // KeyS
	32:  {"d", 0x64},                    // KeyD
	33:  {"f", 0x66},                    // KeyF
	34:  {"g", 0x67},                    // KeyG
	35:  {"h", 0x68},                    // KeyH
	36:  {"j", 0x6a},                    // KeyJ
	37:  {"k", 0x6b},                    // KeyK
	38:  {"l", 0x6c},                    // KeyL
	39:  {";", 0x3b},                    // Semicolon
	40:  {"'", 0x22},                    // Quote
	41:  {"`", 0x60},                    // Backquote
	42:  {"lshift", 0xffe1},             // ShiftLeft
	43:  {`\`, 0x5c},                    // Backslash
	44:  {"z", 0x7a},                    // KeyZ
	45:  {"x", 0x78},                    // KeyX
	46:  {"c", 0x63},                    // KeyC
	47:  {"v", 0x76},                    // KeyV
	48:  {"b", 0x62},                    // KeyB
	49:  {"n", 0x6e},                    // KeyN
	50:  {"m", 0x6d},                    // KeyM
	51:  {",", 0x2c},                    // Comma
	52:  {".", 0x2e},                    // Period
	53:  {"/", 0x2f},                    // Slash
	54:  {"rshift", 0xffe2},             // ShiftRight
	56:  {"lalt", 0xffe9},               // AltLeft
	57:  {"space", 0x20},                // Space
	58:  {"capslock", 0xffe5},           // CapsLock
	59:  {"f1", 0xffbe},                 // F1
	60:  {"f2", 0xffbf},                 // F2
	61:  {"f3", 0xffc0},                 // F3
	62:  {"f4", 0xffc1},                 // F4
	63:  {"f5", 0xffc2},                 // F5
	64:  {"f6", 0xffc3},                 // F6
	65:  {"f7", 0xffc4},                 // F7
	66:  {"f8", 0xffc5},                 // F8
	67:  {"f9", 0xffc6},                 // F9
	68:  {"f10", 0xffc7},                // F10
	69:  {"num_lock", 0xff7f},           // NumLock
	71:  {"num7", 0xffb7},               // Numpad7
	72:  {"num8", 0xffb8},               // Numpad8
	73:  {"num9", 0xffb9},               // Numpad9
	75:  {"num4", 0xffb4},               // Numpad4
	76:  {"num5", 0xffb5},               // Numpad5
	77:  {"num6", 0xffb6},               // Numpad6
	79:  {"num1", 0xffb1},               // Numpad1
	80:  {"num2", 0xffb2},               // Numpad2
	81:  {"num3", 0xffb3},               // Numpad3
	82:  {"num0", 0xffb0},               // Numpad0
	83:  {"num.", 0xffae},               // NumpadDecimal
	87:  {"f11", 0xffc8},                // F11
	88:  {"f12", 0xffc9},                // F12
	97:  {"rctrl", 0xffe4},              // ControlRight
	99:  {"printscreen", 0xff61},        // PrintScreen
	100: {"ralt", 0xffea},               // AltRight
	102: {"home", 0xff50},               // Home
	103: {"up", 0xff52},                 // ArrowUp
	104: {"pageup", 0xff55},             // PageUp
	105: {"left", 0xff51},               // ArrowLeft
	106: {"right", 0xff53},              // ArrowRight
	107: {"end", 0xff57},                // End
	108: {"down", 0xff54},               // ArrowDown
	109: {"pagedown", 0xff56},           // PageDown
	110: {"insert", 0xff63},             // Insert
	111: {"delete", 0xffff},             // Delete
	113: {"audio_mute", 0x1008ff12},     // AudioVolumeMute
	114: {"audio_vol_down", 0x1008ff11}, // AudioVolumeDown
	115: {"audio_vol_up", 0x1008ff13},   // AudioVolumeUp
	125: {"lcmd", 0xffeb},               // MetaLeft
	126: {"rcmd", 0xffec},               // MetaRight
	163: {"audio_next", 0x1008ff17},     // MediaTrackNext
	164: {"audio_play", 0x1008ff14},     // MediaPlayPause
	165: {"audio_prev", 0x1008ff16},     // MediaTrackPrevious
	166: {"audio_stop", 0x1008ff15},     // MediaStop
	183: {"f13", 0xffca},                // F13
	184: {"f14", 0xffcb},                // F14
	185: {"f15", 0xffcc},                // F15
	186: {"f16", 0xffcd},                // F16
	187: {"f17", 0xffce},                // F17
	188: {"f18", 0xffcf},                // F18
	189: {"f19", 0xffd0},                // F19
	190: {"f20", 0xffd1},                // F20
	191: {"f21", 0xffd2},                // F21
	192: {"f22", 0xffd3},                // F22
	193: {"f23", 0xffd4},                // F23
	194: {"f24", 0xffd5},                // F24
}
