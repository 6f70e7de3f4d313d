package pattern

import (
	"image"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

// pixel is blue, green, red, unused.
type pixel [4]byte

var (
	black = pixel{0, 0, 0, 255}
	white = pixel{255, 255, 255, 255}
	// bars are the colour bars of television, at three quarters.
	bars = [...]pixel{
		{191, 191, 191, 255},
		{0, 191, 191, 255},
		{191, 191, 0, 255},
		{0, 191, 0, 255},
		{191, 0, 191, 255},
		{0, 0, 191, 255},
		{191, 0, 0, 255},
		{32, 32, 32, 255},
	}
)

// The square goes round once in lap; a bar takes drift to move by its width.
const (
	lap   = 4 * time.Second
	drift = time.Second
)

// Draw draws the picture of time t into f, which must be BGRA and may have any
// size. The same t draws the same picture.
func Draw(f *capture.Frame, t time.Duration) {
	strip := rows * f.Height / rowsInAll
	drawBars(f, strip, t)
	drawSquare(f, strip, t)
	drawTimestamp(f, t)
}

// drawBars fills everything from row top down.
func drawBars(f *capture.Frame, top int, t time.Duration) {
	if top >= f.Height {
		return
	}
	width := max(1, f.Width/len(bars))
	shift := int(t%(drift*time.Duration(len(bars)))) / (int(drift) / width)
	first := f.Plane[0][top*f.Stride[0]:][:4*f.Width]
	for x := range f.Width {
		copy(first[4*x:], bars[(x+shift)/width%len(bars)][:])
	}
	for y := top + 1; y < f.Height; y++ {
		copy(f.Plane[0][y*f.Stride[0]:], first)
	}
}

// drawSquare draws what goes round the part below row top, clockwise.
func drawSquare(f *capture.Frame, top int, t time.Duration) {
	side := f.Height / 8
	w, h := f.Width-side, f.Height-top-side
	if side == 0 || w <= 0 || h <= 0 {
		return
	}
	at := int(int64(t%lap) * int64(2*(w+h)) / int64(lap))
	var p image.Point
	switch {
	case at < w:
		p = image.Pt(at, 0)
	case at < w+h:
		p = image.Pt(w, at-w)
	case at < 2*w+h:
		p = image.Pt(2*w+h-at, h)
	default:
		p = image.Pt(0, 2*(w+h)-at)
	}
	r := image.Rect(0, 0, side, side).Add(p).Add(image.Pt(0, top))
	fill(f, r, white)
	fill(f, r.Inset(side/4), black)
}

// fill paints a rectangle, which must lie within the picture.
func fill(f *capture.Frame, r image.Rectangle, c pixel) {
	if r.Empty() {
		return
	}
	row := func(y int) []byte { return f.Plane[0][y*f.Stride[0]+4*r.Min.X:][:4*r.Dx()] }
	first := row(r.Min.Y)
	for x := 0; x < len(first); x += 4 {
		copy(first[x:], c[:])
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(row(y), first)
	}
}
