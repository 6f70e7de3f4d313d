package input

// Order puts right what an unordered channel did to one viewer's pointer: it
// drops a motion that a newer one overtook, and turns the sums of [Motion]
// into distances. The zero value is ready. It is not safe for concurrent use.
type Order struct {
	begun bool
	seq   uint16 // of the newest Move, Motion or placed Button
	x, y  int32  // the sums of the newest Motion

	placed     bool // by a Move, which is newest
	posX, posY uint16
}

// Next appends to dst what is to be injected for e, in order: nothing for a
// motion that came too late, a [Nudge] for a [Motion], e itself for most. A
// [Button] that a newer [Move] overtook is injected at its own place, and the
// pointer is then put back where that Move left it.
//
// Every event of the viewer must pass, also those it has no permission for:
// else the distance it moved meanwhile would be made up for at once.
func (o *Order) Next(dst []Event, e Event) []Event {
	switch e := e.(type) {
	case Move:
		if !o.newer(e.Seq) {
			return dst
		}
		o.placed, o.posX, o.posY = true, e.X, e.Y
		return append(dst, e)
	case Motion:
		if !o.newer(e.Seq) {
			return dst
		}
		// Differences of sums that wrap are right as long as they wrap too.
		n := Nudge{DX: e.X - o.x, DY: e.Y - o.y}
		o.x, o.y, o.placed = e.X, e.Y, false
		if n == (Nudge{}) {
			return dst
		}
		return append(dst, n)
	case Button:
		dst = append(dst, e)
		if !e.At || e.Seq == o.seq || o.newer(e.Seq) {
			return dst
		}
		if o.placed {
			dst = append(dst, Move{Seq: o.seq, X: o.posX, Y: o.posY})
		}
		return dst
	default:
		return append(dst, e)
	}
}

// newer notes seq, and reports whether it is newer than all before, by the
// serial number arithmetic of RFC 1982.
func (o *Order) newer(seq uint16) bool {
	if o.begun && int16(seq-o.seq) <= 0 {
		return false
	}
	o.begun, o.seq = true, seq
	return true
}
