package bench

import (
	"context"
	"errors"
	"time"
)

// React is an [App] that stands still until a key is pressed and then shows
// the next code at once, as an editor shows a letter: all else on the screen
// stays.
type React struct {
	*canvas
	seq    int
	draws  []Draw
	closed bool
}

// OpenReact opens the application on display.
func OpenReact(display string) (*React, error) {
	c, err := openCanvas(display)
	if err != nil {
		return nil, err
	}
	r := &React{canvas: c, seq: firstSeq}
	if err := r.share(c.width * c.height * 4); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	paintDesktop(r.memory, c.width)
	PaintBarcode(r.memory, c.width*4, FirstCode)
	if _, _, err := r.put(0, c.width, c.height, rect{width: c.width, height: c.height}); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Run implements [App].
func (r *React) Run(ctx context.Context) error { return r.keys(ctx, r.next) }

// next shows the next code.
func (r *React) next(cause time.Duration) error {
	r.seq++
	PaintBarcode(r.memory, r.width*4, CodeOf(r.seq))
	issued, drawn, err := r.put(0, r.width, r.height, rect{width: BarcodeWidth, height: BarcodeHeight})
	r.draws = append(r.draws, Draw{Seq: r.seq, Cause: cause, Issued: issued, Drawn: drawn})
	return err
}

// Draws implements [App].
func (r *React) Draws() []Draw { return r.draws }

// Close implements [App].
func (r *React) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	return r.close()
}

// paintDesktop fills BGRA pixels with something like windows of text.
func paintDesktop(pix []byte, width int) {
	for i := 0; i < len(pix); i += 4 {
		x, y := i/4%width, i/4/width
		v := byte(200)
		if line := y % 18; line > 4 && line < 14 && x%640 < 80+int(hash(0, y/18, 1)%520) && hash(x/2, y/2, 7)%3 == 0 {
			v = 40
		}
		pix[i], pix[i+1], pix[i+2] = v, v, v
	}
}
