package bench

import (
	"context"
	"errors"
	"image"
)

const (
	// scrollLines is after how many lines the text comes round again: three
	// screens of it, more than any codec remembers.
	scrollLines = 160
	// scrollStep is how far the text moves from picture to picture in
	// pixels: a wheel turned fast.
	scrollStep = 5
)

// Scroll is an [App] in which source code scrolls past, as fast as a person
// still reads along.
type Scroll struct {
	*ticker
	period int // pixels
}

// OpenScroll opens the application on display, to draw fps pictures a second.
func OpenScroll(display string, fps float64) (*Scroll, error) {
	w, err := newWriter()
	if err != nil {
		return nil, err
	}
	c, err := openCanvas(display)
	if err != nil {
		return nil, err
	}
	s := &Scroll{period: scrollLines * w.mono.height}
	s.ticker = newTicker(c, fps, s.draw)
	total := sheet{width: c.width, height: s.period + c.height}
	if err := s.share(total.width * total.height * 4); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	total.pix = s.memory
	w.code(total, image.Rect(0, 0, total.width, total.height), 1, scrollLines)
	if err := s.first(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// top is the first row of the text that picture seq shows.
func (s *Scroll) top(seq int) int { return (seq - firstSeq) * scrollStep % s.period }

// draw shows picture seq.
func (s *Scroll) draw(seq int) (Draw, error) {
	stride := s.width * 4
	corner := s.memory[s.top(seq)*stride:]
	saved := saveBarcodeArea(corner, stride)
	PaintBarcode(corner, stride, CodeOf(seq))
	issued, drawn, err := s.put(0, s.width, s.period+s.height, rect{srcY: s.top(seq), width: s.width, height: s.height})
	restoreBarcodeArea(corner, stride, saved)
	return Draw{Seq: seq, Issued: issued, Drawn: drawn}, err
}

// Picture is what picture seq looked like. It must not be called while Run
// runs.
func (s *Scroll) Picture(seq int) Picture {
	stride, top := s.width*4, s.top(seq)
	p := Picture{append([]byte(nil), s.memory[top*stride:(top+s.height)*stride]...), s.width, s.height}
	PaintBarcode(p.Pix, stride, CodeOf(seq))
	return p
}

// Run implements [App].
func (s *Scroll) Run(ctx context.Context) error { return s.run(ctx) }
