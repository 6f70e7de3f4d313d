package bench

import (
	"context"
	"errors"
	"time"
)

// Flip is an [App] in full motion: a camera panning over grainy terrain, as
// in a game.
type Flip struct {
	*ticker
	fps    float64
	grains int
}

// OpenFlip opens the application on display, to draw fps pictures a second,
// with film grain or without.
func OpenFlip(display string, fps float64, film bool) (*Flip, error) {
	c, err := openCanvas(display)
	if err != nil {
		return nil, err
	}
	f := &Flip{fps: fps, grains: 1}
	f.ticker = newTicker(c, fps, f.draw)
	if film {
		f.grains = filmGrains
	}
	if err := f.share(f.grains * landscapeSize(c.width, c.height)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	paintLandscape(f.memory, c.width, c.height, f.grains)
	if err := f.first(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Run implements [App].
func (f *Flip) Run(ctx context.Context) error { return f.run(ctx) }

// draw shows picture seq with its own barcode.
func (f *Flip) draw(seq int) (Draw, error) {
	issued, drawn, err := f.show(seq-firstSeq, CodeOf(seq))
	return Draw{Seq: seq, Issued: issued, Drawn: drawn}, err
}

// show shows the view of frame n with a barcode, which is painted into the
// landscape where the camera's corner is, shown with it, and painted over
// again.
func (f *Flip) show(n int, c Code) (issued, drawn time.Duration, err error) {
	x, y := pan(n, f.fps)
	stride := landscapeStride(f.width)
	version := n % f.grains * landscapeSize(f.width, f.height)
	corner := f.memory[version+y*stride+x*4:]
	saved := saveBarcodeArea(corner, stride)
	PaintBarcode(corner, stride, c)
	issued, drawn, err = f.put(version, f.width+panMargin, f.height+panMargin,
		rect{srcX: x, srcY: y, width: f.width, height: f.height})
	restoreBarcodeArea(corner, stride, saved)
	return issued, drawn, err
}

// Picture is what picture seq looked like. It must not be called while Run
// runs.
func (f *Flip) Picture(seq int) Picture {
	n := seq - firstSeq
	x, y := pan(n, f.fps)
	stride := landscapeStride(f.width)
	p := Picture{make([]byte, 0, f.width*f.height*4), f.width, f.height}
	for row := range f.height {
		at := n%f.grains*landscapeSize(f.width, f.height) + (y+row)*stride + x*4
		p.Pix = append(p.Pix, f.memory[at:at+f.width*4]...)
	}
	PaintBarcode(p.Pix, f.width*4, CodeOf(seq))
	return p
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
