package input

import "strings"

// Level is a set of permissions: what input a viewer may send.
type Level uint32

// The permissions. Their values are part of the wire form.
const (
	Mouse Level = 1 << iota
	Keyboard
	Gamepad
	Touch
	Clipboard
	Microphone

	// None lets a viewer watch.
	None Level = 0
	// All is everything that controls a desktop. The clipboard is apart: it
	// lets a viewer read as well.
	All = Mouse | Keyboard | Gamepad | Touch
	// Everything is All, the clipboard and the microphone.
	Everything = All | Clipboard | Microphone
)

var levelNames = []string{"mouse", "keyboard", "gamepad", "touch", "clipboard", "microphone"}

// Has is true when l includes all of want.
func (l Level) Has(want Level) bool { return l&want == want }

// String lists the permissions: "mouse|keyboard", or "none".
func (l Level) String() string {
	var names []string
	for i, n := range levelNames {
		if l&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, "|")
}
