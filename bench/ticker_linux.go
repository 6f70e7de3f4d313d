package bench

import (
	"context"
	"time"
)

// ticker is the part of an [App] that draws pictures at a steady rate,
// whatever the machine is doing. A picture that is due while the one before is
// still being drawn is left out.
type ticker struct {
	*canvas
	interval time.Duration
	paint    func(seq int) (Draw, error)
	seq      int
	draws    []Draw
	closed   bool
}

// newTicker is one that calls paint, on the goroutine of run, for each
// picture.
func newTicker(c *canvas, fps float64, paint func(seq int) (Draw, error)) *ticker {
	return &ticker{canvas: c, interval: time.Duration(float64(time.Second) / fps), paint: paint, seq: firstSeq}
}

// first draws the picture that is there before run.
func (t *ticker) first() error {
	_, err := t.paint(t.seq)
	return err
}

// run draws until ctx is done.
func (t *ticker) run(ctx context.Context) error {
	defer punctual()()
	for next := Now() + t.interval; ctx.Err() == nil; next += t.interval {
		if late := Now() - next; late > 0 {
			next += late.Truncate(t.interval)
		}
		sleepUntil(next)
		t.seq++
		d, err := t.paint(t.seq)
		if err != nil {
			return err
		}
		t.draws = append(t.draws, d)
	}
	return nil
}

// Draws implements [App].
func (t *ticker) Draws() []Draw { return t.draws }

// Close implements [App].
func (t *ticker) Close() error {
	if t.closed {
		return nil
	}
	t.closed = true
	return t.close()
}
