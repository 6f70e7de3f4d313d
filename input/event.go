package input

// Event is one piece of input: a [Key], [Text], [Button], [Wheel], [Move],
// [Motion] or [Release] as a viewer sends it, or a [Nudge], which is what an
// [Order] makes of a Motion. The set is closed: a new device is a new file of
// this package and a line in its table of kinds.
type Event interface {
	// Level is the permission a viewer needs to send it.
	Level() Level
	// appendTo appends the event in the form of PROTOCOL.md.
	appendTo(b []byte) []byte
}

// Release lets go of every key and button that is down, as when the viewer's
// window loses the focus.
type Release struct{}

// Level is None: whoever held something may let go of it.
func (Release) Level() Level { return None }

func (Release) appendTo(b []byte) []byte { return append(b, kindRelease) }

func parseRelease([]byte) (Event, int, error) { return Release{}, 0, nil }
