// Package xtest injects into an X server with its XTEST extension: in some
// tens of microseconds, by the place of a key, with motion that games see.
//
// # Keys, pointer
//
// An X keycode is the evdev code plus eight, so a key goes where it belongs
// whatever the layout. XTEST has no fine scrolling: the wheel's 1/120 of a
// notch are saved up until a click of button 4 to 7 is full, and forgotten
// when the direction changes. A [input.Nudge] is relative motion, which
// clients of raw input see too; it is not accelerated.
//
// # Text
//
// A character is typed with the key that has it on the keyboard's current
// layout and group. The modifiers that this takes are locked for the moment,
// by an XKB request rather than by keys that an application might notice, and
// those that would spoil it are undone: a lock is lifted, and the keys for
// Shift and level 3 or 5 that the viewer holds go up and then down again.
// Control, Alt and Super stay as they are: with them it is a shortcut.
//
// A character that no key has is put on a key that is otherwise unused, where
// it stays for as long as there are others, and the application that has the
// focus is told to read the mapping again: some do not hear of the change by
// themselves. It reads it before it takes the key, so this needs no wait. There
// are few of these, some twenty, and an application looks a key up when it
// gets round to it: so the one that was used longest ago is taken, and not
// before it has rested for 0.3 seconds. Text is therefore exact for an
// application that is less late than that, and slow only when it holds more
// different strange characters than there are free keys: some sixty a second.
// Close clears those keys.
//
// # Connections and goroutines
//
// There are two connections. All requests go over one, so that their order is
// kept; over the other the server tells of changes to the keyboard and the
// size of the screen: a client that speaks XKB, as the first must, is not told
// of those in the core protocol, and the second speaks nothing else. A
// goroutine drains each, and ends with it. When either connection ends, the
// server is gone: every Inject fails from then on.
//
//	viewer ─▶ peer ─▶ input.Seat ─▶ xtest ─▶ X server
package xtest
