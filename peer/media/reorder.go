package media

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
	// askEvery is the least time between two requests for one packet.
	askEvery = 15 * time.Millisecond
	// maxAsked bounds the packets that one request is for.
	maxAsked = 128
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
	highest uint16 // of those in slots
	slots   [reorderLen]*rtp.Packet
	asked   [reorderLen]time.Time // when a missing packet was asked for
	since   time.Time             // when the gap before the slots showed
}

// push takes a packet that arrived.
func (r *reorder) push(p *rtp.Packet, now time.Time) {
	if !r.begun {
		r.begun, r.next = true, p.SequenceNumber
	}
	ahead := int16(p.SequenceNumber - r.next)
	if ahead < 0 && ahead > -reorderLen { // late or twice
		return
	}
	if ahead < 0 || ahead >= reorderLen {
		// What is missing will not come: begin anew with p. After an outage
		// the numbers may have run so far that they seem to lie behind.
		clear(r.slots[:])
		clear(r.asked[:])
		r.next, r.waiting, r.skipped = p.SequenceNumber, 0, true
	}
	if r.waiting == 0 || int16(p.SequenceNumber-r.highest) > 0 {
		r.highest = p.SequenceNumber
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
			r.asked[r.next%reorderLen] = time.Time{}
			r.next++
			slot = &r.slots[r.next%reorderLen]
		}
		r.skipped = true
	}
	p, lost = *slot, r.skipped
	*slot, r.skipped = nil, false
	r.asked[r.next%reorderLen] = time.Time{}
	r.next++
	r.waiting--
	r.since = now // of the next gap, if there is one
	return p, lost
}

// missing appends to dst the sequence numbers of packets to ask for: those
// that others overtook, and that were not asked for since again ago.
func (r *reorder) missing(dst []uint16, now time.Time, again time.Duration) []uint16 {
	if r.waiting == 0 {
		return dst
	}
	for seq := r.next; seq != r.highest && len(dst) < maxAsked; seq++ {
		at := &r.asked[seq%reorderLen]
		if r.slots[seq%reorderLen] == nil && (at.IsZero() || now.Sub(*at) >= again) {
			*at = now
			dst = append(dst, seq)
		}
	}
	return dst
}

// deadline is when pop and missing must be called again though nothing
// arrived.
func (r *reorder) deadline(now time.Time) time.Time {
	if r.waiting == 0 {
		return now.Add(idle)
	}
	if soon := now.Add(askEvery); soon.Before(r.since.Add(r.patience)) {
		return soon
	}
	return r.since.Add(r.patience)
}
