package streams

import (
	"context"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

// early is how much before its turn a frame may be captured. An application
// that draws at just the frame rate jitters around it; without this slack its
// frames would wait for turns that they only just missed.
const early = 2 * time.Millisecond

// pacer spaces captures so that they keep to a frame rate on average.
type pacer struct {
	interval time.Duration
	next     time.Duration // the next turn, on the clock of capture.Now
}

func newPacer(fps int) *pacer {
	return &pacer{interval: time.Second / time.Duration(fps), next: capture.Now()}
}

// wait blocks until the next turn. A poke cuts it short: what an input
// changed is worth a frame of its own.
func (p *pacer) wait(ctx context.Context, poked <-chan struct{}) error {
	left := p.next - early - capture.Now()
	if left <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-poked:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// took notes that a frame was captured at now. A source that was late gets no
// credit for the turns it missed beyond one.
func (p *pacer) took(now time.Duration) {
	p.next = max(p.next, now-p.interval) + p.interval
}
