package input

// Event is one piece of input: a [Key], [Text], [Button], [Wheel], [Move],
// [Motion] or [Release].
type Event interface {
	// Level is the permission a viewer needs to send it.
	Level() Level
}

// Key is a key of the keyboard going down or up.
type Key struct {
	// Code is the evdev code of the key's place: 30 is the key that is A on
	// a US keyboard (linux/input-event-codes.h).
	Code uint16
	// Down is true for a press. Repeats are not sent: the host repeats.
	Down bool
}

// Text is text that the viewer typed, at most [MaxText] bytes of UTF-8.
type Text struct{ Text string }

// Button is a button of the mouse going down or up.
type Button struct {
	// Button is numbered as X does: 1 left, 2 middle, 3 right, 8 back,
	// 9 forward. 4 to 7 are the wheel's, and no buttons.
	Button uint8
	Down   bool
	// X and Y are where, when At is true; else where the pointer is.
	At   bool
	X, Y uint16
	// Seq is the sequence number of the last pointer motion before it, so
	// that a motion which arrives later does not undo X and Y.
	Seq uint16
}

// Wheel is a turn of the mouse wheel, in 1/120 of a notch: positive is down
// and right.
type Wheel struct{ DX, DY int16 }

// Move puts the pointer somewhere.
type Move struct {
	// Seq grows by one with each Move or Motion, and wraps.
	Seq  uint16
	X, Y uint16
}

// Motion moves the pointer by some distance, as games want it.
type Motion struct {
	// Seq grows by one with each Move or Motion, and wraps.
	Seq uint16
	// X and Y are the sums of all distances since the connection began, in
	// pixels, and wrap: a lost Motion is mended by the next.
	X, Y int32
}

// Release lets go of every key and button that is down, as when the viewer's
// window loses the focus.
type Release struct{}
