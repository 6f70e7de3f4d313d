// Package input is what a viewer may do to a host: the values, their wire
// form, the permission each needs, and the contract of injecting them.
//
// An [Event] travels in the wire form of PROTOCOL.md: keys, buttons, wheel
// and text on a reliable, ordered data channel, pointer motion on one that is
// neither. On the host each viewer has a [Seat], which does all there is to do:
// it reads the message with [Parse], puts the pointer's motion right in an
// [Order], checks the [Level], records what is down in a [Held], and hands it
// to an [Injector]. When the viewer goes, loses permission or focus, Held lets
// go of everything that is still down. A [Desk] is one Injector for all seats.
//
// # Coordinates
//
// A position is a fraction of the picture: 0 is the centre of the first pixel
// and 65535 that of the last, so the viewer need not know the host's size and
// a position at any size up to 65,536 pixels is exact.
//
// # Keys
//
// A [Key] names the place of a key on the keyboard, by its Linux evdev code,
// whatever is printed on it; [Text] is what the viewer's own layout or input
// method made. A desktop is controlled by text, and by keys where there is no
// text; a game by keys alone.
//
//	capture ─▶ encode ─▶ streams ─▶ peer
//	   ▲                              │
//	   └─────────── input ◀───────────┘
package input
