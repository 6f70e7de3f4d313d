package bench

import (
	"context"
	"errors"
	"time"
)

// Flip is an [App] in full motion: a camera panning over grainy terrain, a
// new picture at a steady rate, whatever the machine is doing. A picture that
// is due while the one before is still being drawn is left out.
type Flip struct {
	*canvas
	fps    float64
	grains int
	seq    int
	draws  []Draw
	closed bool
}

// OpenFlip opens the application on display, to draw fps pictures a second,
// with film grain or without.
func OpenFlip(display string, fps float64, film bool) (*Flip, error) {
	c, err := openCanvas(display)
	if err != nil {
		return nil, err
	}
	f := &Flip{canvas: c, fps: fps, grains: 1, seq: firstSeq}
	if film {
		f.grains = filmGrains
	}
	if err := f.share(f.grains * landscapeSize(c.width, c.height)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	paintLandscape(f.memory, c.width, c.height, f.grains)
	if _, err := f.draw(firstSeq); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Run implements [App].
func (f *Flip) Run(ctx context.Context) error {
	defer punctual()()
	interval := time.Duration(float64(time.Second) / f.fps)
	for next := Now() + interval; ctx.Err() == nil; next += interval {
		if late := Now() - next; late > 0 {
			next += late.Truncate(interval)
		}
		sleepUntil(next)
		f.seq++
		d, err := f.draw(f.seq)
		if err != nil {
			return err
		}
		f.draws = append(f.draws, d)
	}
	return nil
}

// draw shows picture seq: the barcode is painted into the landscape where the
// camera's corner is, shown with it, and painted over again.
func (f *Flip) draw(seq int) (Draw, error) {
	n := seq - firstSeq
	x, y := pan(n, f.fps)
	stride := landscapeStride(f.width)
	version := n % f.grains * landscapeSize(f.width, f.height)
	corner := f.memory[version+y*stride+x*4:]
	saved := saveBarcodeArea(corner, stride)
	PaintBarcode(corner, stride, CodeOf(seq))
	issued, drawn, err := f.put(version, f.width+panMargin, f.height+panMargin,
		rect{srcX: x, srcY: y, width: f.width, height: f.height})
	restoreBarcodeArea(corner, stride, saved)
	return Draw{Seq: seq, Issued: issued, Drawn: drawn}, err
}

// Draws implements [App].
func (f *Flip) Draws() []Draw { return f.draws }

// Close implements [App].
func (f *Flip) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	return f.close()
}

// saveBarcodeArea copies the pixels that a barcode would cover.
func saveBarcodeArea(pix []byte, stride int) []byte {
	saved := make([]byte, 0, BarcodeWidth*4*BarcodeHeight)
	for y := range BarcodeHeight {
		saved = append(saved, pix[y*stride:y*stride+BarcodeWidth*4]...)
	}
	return saved
}

func restoreBarcodeArea(pix []byte, stride int, saved []byte) {
	for y := range BarcodeHeight {
		copy(pix[y*stride:], saved[y*BarcodeWidth*4:(y+1)*BarcodeWidth*4])
	}
}
