package bench

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Play is an [App] in full motion, as [Flip] is, that answers keys at once:
// its barcode counts them instead of the pictures.
type Play struct {
	*Flip
	mu    sync.Mutex // the two goroutines of Run draw in turn
	count int
	heard []Draw
}

// OpenPlay opens the application on display, to draw fps pictures a second.
func OpenPlay(display string, fps float64) (*Play, error) {
	c, err := openCanvas(display)
	if err != nil {
		return nil, err
	}
	p := &Play{Flip: &Flip{fps: fps, grains: 1}, count: firstSeq}
	p.ticker = newTicker(c, fps, p.move)
	if err := p.share(p.strip() + BarcodeWidth*4*BarcodeHeight); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	paintLandscape(p.memory[:p.strip()], c.width, c.height, 1)
	if err := p.first(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// strip is where in the memory the barcode of an answer is painted: behind
// the landscape.
func (p *Play) strip() int { return landscapeSize(p.width, p.height) }

// Run implements [App].
func (p *Play) Run(ctx context.Context) error {
	stop := Background(ctx, p.run)
	return errors.Join(p.keys(ctx, p.answer), stop())
}

// move shows the camera's next view.
func (p *Play) move(seq int) (Draw, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _, err := p.show(seq-firstSeq, CodeOf(p.count))
	return Draw{Seq: seq}, err
}

// answer shows the next code without waiting for the next view.
func (p *Play) answer(cause time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	PaintBarcode(p.memory[p.strip():], BarcodeWidth*4, CodeOf(p.count))
	issued, drawn, err := p.put(p.strip(), BarcodeWidth, BarcodeHeight, rect{width: BarcodeWidth, height: BarcodeHeight})
	p.heard = append(p.heard, Draw{Seq: p.count, Cause: cause, Issued: issued, Drawn: drawn})
	return err
}

// Draws implements [App]: the answers alone.
func (p *Play) Draws() []Draw { return p.heard }
