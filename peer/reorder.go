package peer

import (
	"time"

	"github.com/pion/rtp"
)

const (
	// reorderLen bounds the packets that wait for one before them. A power of
	// two, as sequence numbers wrap.
	reorderLen = 512
	// videoPatience is how long a packet may be missing: a few round trips of
	// asking for it again.
	videoPatience = 150 * time.Millisecond
	// audioPatience is shorter, as sound cannot wait.
	audioPatience = 30 * time.Millisecond
	// idle is how long a read waits when nothing is missing.
	idle = time.Hour
)

// reorder puts packets in order. A packet that is on time passes at once;
// those behind a gap wait for it to be filled, until patience is over. It is
// used from one goroutine.
type reorder struct {
	patience time.Duration

	begun   bool
	next    uint16 // the sequence number that is due
	skipped bool   // packets before next were given up
	waiting int    // in slots
	slots   [reorderLen]*rtp.Packet
	since   time.Time // when the gap before the slots showed
}

// push takes a packet that arrived.
func (r *reorder) push(p *rtp.Packet, now time.Time) {
	if !r.begun {
		r.begun, r.next = true, p.SequenceNumber
	}
	ahead := int16(p.SequenceNumber - r.next)
	if ahead < 0 { // late or twice
		return
	}
	if ahead >= reorderLen {
		// What is missing will not come: begin anew with p.
		clear(r.slots[:])
		r.next, r.waiting, r.skipped = p.SequenceNumber, 0, true
	}
	slot := &r.slots[p.SequenceNumber%reorderLen]
	if *slot != nil {
		return
	}
	*slot = p
	r.waiting++
	if r.waiting == 1 {
		r.since = now
	}
}

// pop returns the next packet, or nil when it is missing. lost is true when
// packets before it were given up.
func (r *reorder) pop(now time.Time) (p *rtp.Packet, lost bool) {
	if r.waiting == 0 {
		return nil, false
	}
	slot := &r.slots[r.next%reorderLen]
	if *slot == nil {
		if now.Sub(r.since) < r.patience {
			return nil, false
		}
		for *slot == nil {
			r.next++
			slot = &r.slots[r.next%reorderLen]
		}
		r.skipped = true
	}
	p, lost = *slot, r.skipped
	*slot, r.skipped = nil, false
	r.next++
	r.waiting--
	r.since = now // of the next gap, if there is one
	return p, lost
}

// deadline is when pop must be called again though nothing arrived.
func (r *reorder) deadline(now time.Time) time.Time {
	if r.waiting == 0 {
		return now.Add(idle)
	}
	return r.since.Add(r.patience)
}
