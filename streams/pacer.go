package streams

import (
	"context"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

const (
	// under is how much slower than its display the viewer in control is sent
	// frames, as a fraction. A browser shows one frame at each refresh, so
	// those that come as fast or faster sooner or later stand in its
	// compositor for one refresh, all of them, for good; a little slower, and
	// each finds it empty.
	under = 0.02
	// early is how much before its turn a frame may be captured. An
	// application that draws at just the frame rate jitters around it; without
	// this slack its frames would wait for turns that they only just missed.
	early = 2 * time.Millisecond
	// reaction is how long an application is given to draw what an input
	// changes, before that is captured out of turn.
	reaction = 2 * time.Millisecond
	// hasty is how many frames in a row must have waited half an interval for
	// their turn until the application is taken for one that draws much faster.
	hasty = 4
)

// pacer spaces captures so that they keep to a frame rate on average: that of
// the options, or a little less than the refresh rate of the viewer in control
// where that is lower.
//
// An application often draws at just the viewer's refresh rate, so at a little
// more than the pacer's. To wait for a turn with each of its frames would make
// each older than the last, until one is left out. So a frame is captured as
// soon as it is drawn, on credit; when that comes to an interval, one frame is
// left out, and the next is as fresh again. An application that draws much
// faster gets no credit: then turns are even.
//
// An input is worth a frame of its own, on credit of one more interval.
type pacer struct {
	least    time.Duration // interval, by the options
	interval time.Duration
	next     time.Duration // when the next turn is due, on the clock of capture.Now
	last     time.Duration // when the last frame was captured
	waited   int           // how many frames in a row waited for long
}

func newPacer(fps int) *pacer {
	interval := time.Second / time.Duration(fps)
	now := capture.Now()
	return &pacer{least: interval, interval: interval, next: now, last: now - interval}
}

// follow keeps below a refresh rate in Hz, zero when unknown. A rate that no
// display has is not believed.
func (p *pacer) follow(refresh float64) {
	p.interval = p.least
	if refresh >= 20 && refresh <= 1000 {
		p.interval = max(p.least, time.Duration(float64(time.Second)/(refresh*(1-under))))
	}
}

// turn is when the next frame may be captured.
func (p *pacer) turn() time.Duration {
	at := p.last + p.interval - early
	// Whole intervals are waited for, so that meanwhile the next is drawn.
	if p.waited >= hasty || p.next-at > p.interval+early {
		return max(at, p.next)
	}
	return at
}

// wait blocks until the next turn, or less when d is poked.
func (p *pacer) wait(ctx context.Context, d *Demand) error {
	turn := p.turn()
	at := turn
	for ctx.Err() == nil {
		left := at - capture.Now()
		if left <= 0 {
			break
		}
		t := time.NewTimer(left)
		select {
		case <-t.C:
		case <-d.Poked():
			at = p.hurried(turn, d.PokedAt())
		case <-ctx.Done():
		}
		t.Stop()
	}
	return ctx.Err()
}

// hurried is when to capture, instead of at a turn, since something was
// injected at another time. A turn that comes just before there can be
// anything to see is put off until there is. What came before the last capture
// has been seen.
func (p *pacer) hurried(turn, poked time.Duration) time.Duration {
	sooner := poked + reaction
	if sooner < p.last || p.next-sooner > 2*p.interval {
		return turn
	}
	return min(sooner, turn+reaction)
}

// took notes that a frame was captured at now of what was first drawn at
// changed, zero when that is not known. A source that was late gets credit for
// one of the turns it missed.
func (p *pacer) took(now, changed time.Duration) {
	if changed != 0 && now-changed >= p.interval/2 {
		p.waited++
	} else {
		p.waited = 0
	}
	p.last = now
	p.next = max(p.next, now-p.interval) + p.interval
}
