package bench

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"time"
)

// probeInterval is how often the probe looks. What it sees is late by half of
// it on average.
const probeInterval = time.Millisecond

// Probe reads the barcode off a display.
type Probe struct {
	screen        *screen
	width, height int
	x, y          int // of the row it reads; set by Locate
	last          Code
	next          time.Duration
	closed        bool
}

// OpenProbe connects to display. [Probe.Locate] comes next.
func OpenProbe(display string) (*Probe, error) {
	s, err := openScreen(display)
	if err != nil {
		return nil, err
	}
	p := &Probe{screen: s, y: -1, last: NoCode}
	if p.width, p.height, err = s.size(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.share(p.width * p.height * 4); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return p, nil
}

// Locate waits until the barcode of c is somewhere on the display, at its
// original size, and notes where.
func (p *Probe) Locate(ctx context.Context, c Code) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		if err := p.screen.grab(0, 0, p.width, p.height); err != nil {
			return fmt.Errorf("bench: read the viewer's display: %w", err)
		}
		x, y, ok := FindBarcode(p.screen.memory, p.width*4, p.width, p.height, c)
		if ok {
			p.x, p.y = x, y+BarcodeHeight/2
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("bench: no barcode at its original size on the viewer's display: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// Place is the top left corner of the barcode that Locate found.
func (p *Probe) Place() image.Point { return image.Pt(p.x, p.y-BarcodeHeight/2) }

// Run records every change of the code until ctx is done, which is no error.
func (p *Probe) Run(ctx context.Context) ([]Sighting, error) {
	defer punctual()()
	var seen []Sighting
	for {
		s, err := p.Next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				err = nil
			}
			return seen, err
		}
		seen = append(seen, s)
	}
}

// Next blocks until what the probe sees differs from what it saw last.
func (p *Probe) Next(ctx context.Context) (Sighting, error) {
	for {
		if p.next += probeInterval; p.next < Now() {
			p.next = Now()
		}
		sleepUntil(p.next)
		if err := ctx.Err(); err != nil {
			return Sighting{}, err
		}
		if err := p.screen.grab(p.x, p.y, BarcodeWidth, 1); err != nil {
			return Sighting{}, fmt.Errorf("bench: read the viewer's display: %w", err)
		}
		at := Now()
		if c := ReadBarcode(p.screen.memory[:BarcodeWidth*4]); c != p.last {
			p.last = c
			return Sighting{c, at}, nil
		}
	}
}

// Await blocks until the probe sees c, and returns when that began.
func (p *Probe) Await(ctx context.Context, c Code) (time.Duration, error) {
	for {
		s, err := p.Next(ctx)
		if err != nil || s.Code == c {
			return s.At, err
		}
	}
}

// Picture is what the whole display shows, for a person to look at.
func (p *Probe) Picture() (image.Image, error) {
	if err := p.screen.grab(0, 0, p.width, p.height); err != nil {
		return nil, fmt.Errorf("bench: read the viewer's display: %w", err)
	}
	picture := image.NewRGBA(image.Rect(0, 0, p.width, p.height))
	for i := range p.width * p.height {
		pix := p.screen.memory[i*4 : i*4+3]
		picture.SetRGBA(i%p.width, i/p.width, color.RGBA{R: pix[2], G: pix[1], B: pix[0], A: 0xff})
	}
	return picture, nil
}

// Close ends the connection. The second call does nothing.
func (p *Probe) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	return p.screen.close()
}
