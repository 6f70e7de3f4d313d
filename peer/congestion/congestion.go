package congestion

import (
	"sync"
	"time"
)

// Controller chooses a bit rate. Its methods may be called from any
// goroutine.
type Controller interface {
	// OnREMB is told the receiver's estimate of what the way carries, in bits
	// a second (draft-alvestrand-rmcat-remb), and how much is being sent.
	OnREMB(estimate, sent int)
	// OnReport is told the fraction of packets lost since the last report,
	// the round trip time, zero when unknown, and the jitter of arrivals.
	OnReport(loss float64, rtt, jitter time.Duration)
	// Target is the bit rate to send at.
	Target() int
}

// Minimum is the least bit rate that any Controller names, in bits a second:
// below it a picture is of no use.
const Minimum = 300_000

const (
	highLoss = 0.10
	lowLoss  = 0.02
	climb    = 0.05 // a second, without loss
	leastCut = 0.5
	settle   = 500 * time.Millisecond // between two steps down

	credible   = 0.7  // of what is sent: an estimate above that means something
	fall       = 0.95 // of the estimate before: it falls, and not by chance
	rembMargin = 0.95

	queueing    = 150 * time.Millisecond // above the least round trip
	queueingCut = 0.85
	drift       = 1.01 // of the least round trip, as routes change
)

// Backoff steps down by half of what was lost when more than a tenth of the
// packets is, to the receiver's estimate when that falls, and by a seventh
// when the round trip grows. It climbs by a twentieth a second while next to
// nothing is lost.
type Backoff struct {
	highest float64

	mu      sync.Mutex
	target  float64
	remb    int // the last estimate
	least   time.Duration
	late    bool // the last round trip was long
	downAt  time.Time
	climbAt time.Time
}

// NewBackoff starts at start bits a second, which it does not exceed.
func NewBackoff(start int) *Backoff {
	highest := float64(max(start, Minimum))
	return &Backoff{highest: highest, target: highest, climbAt: time.Now()}
}

// OnREMB is that of [Controller].
func (b *Backoff) OnREMB(estimate, sent int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := float64(b.remb)
	b.remb = estimate
	if before < credible*float64(sent) || float64(estimate) >= fall*before {
		return
	}
	if limit := rembMargin * float64(estimate); limit < b.target {
		b.set(limit)
		b.climbAt = time.Now()
	}
}

// OnReport is that of [Controller].
func (b *Backoff) OnReport(loss float64, rtt, _ time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	queued := b.queued(rtt)
	switch {
	case loss > highLoss:
		b.cut(now, max(1-loss/2, leastCut))
	case queued:
		b.cut(now, queueingCut)
	case loss < lowLoss && !b.late:
		// After a long silence it has not earned a long climb.
		seconds := min(now.Sub(b.climbAt).Seconds(), 2)
		b.set(b.target * (1 + climb*seconds))
	}
	b.climbAt = now
}

// queued is true when the second round trip in a row was far above the least.
func (b *Backoff) queued(rtt time.Duration) bool {
	if rtt <= 0 {
		return false
	}
	if b.least == 0 || rtt < b.least {
		b.least = rtt
	}
	late := rtt > b.least+queueing
	queued := late && b.late
	b.late = late
	b.least = time.Duration(float64(b.least) * drift)
	return queued
}

func (b *Backoff) cut(now time.Time, factor float64) {
	if now.Sub(b.downAt) >= settle {
		b.set(b.target * factor)
		b.downAt = now
	}
}

func (b *Backoff) set(target float64) { b.target = min(max(target, Minimum), b.highest) }

// Target is that of [Controller].
func (b *Backoff) Target() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int(b.target)
}
