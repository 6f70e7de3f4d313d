package encode

import (
	"fmt"
	"image"

	"github.com/causeway-rtc/causeway/capture"
)

// Scaler makes smaller pictures of the frames of one stream, at the cost of
// what changed. Each pixel is the mean of those that it stands for, a part of
// a pixel counting as such, which keeps the strokes of text even. The zero
// value is ready.
//
// Each frame's damage must cover all that changed since the frame that the
// Scaler saw before it.
type Scaler struct {
	dst    *capture.Frame
	size   image.Point // of the frames
	x, y   [2][]taps   // of columns and rows, of whole and of halved planes
	row    []uint16
	damage []image.Rectangle
	held   bool // dst holds the picture before
}

// taps are the samples that a smaller one is the mean of: n from at on, and
// their weights, which add up to 1<<tapBits. The C code knows its layout.
type taps struct {
	at, n   int32
	weights [maxTaps]uint16
}

const (
	// tapBits is the most with which a weighted sum of bytes fits 16 bits.
	tapBits = 8
	// maxTaps and maxRatio are for a quarter of the size, when rounding has
	// made it a little less.
	maxTaps  = 6
	maxRatio = 4.5
)

// Scale returns f at width by height, valid until the next call: smaller by no
// more than 4.5 in each direction, or a copy. It allocates nothing while the
// sizes and the format stay the same.
func (s *Scaler) Scale(f *capture.Frame, width, height int) (*capture.Frame, error) {
	if err := check(f); err != nil {
		return nil, err
	}
	if d := s.dst; d == nil || d.Width != width || d.Height != height || d.Format != f.Format || s.size != image.Pt(f.Width, f.Height) {
		if err := s.fit(f, width, height); err != nil {
			return nil, err
		}
	}
	s.dst.Time, s.dst.Changed = f.Time, f.Changed
	if f.Damage == nil || !s.held {
		s.part(f, image.Rect(0, 0, width, height))
		s.dst.Damage, s.held = nil, true
		return s.dst, nil
	}
	s.damage = s.damage[:0]
	for _, r := range f.Damage {
		if r = s.scaled(r); !r.Empty() {
			s.part(f, r)
			s.damage = append(s.damage, r)
		}
	}
	s.dst.Damage = s.damage
	return s.dst, nil
}

// fit makes room for smaller pictures of frames like f.
func (s *Scaler) fit(f *capture.Frame, width, height int) error {
	x, y := float64(f.Width)/float64(width), float64(f.Height)/float64(height)
	if width < 1 || height < 1 || x < 1 || y < 1 || x > maxRatio || y > maxRatio {
		return fmt.Errorf("encode: scale %d×%d to %d×%d", f.Width, f.Height, width, height)
	}
	s.dst = NewFrame(f.Format, width, height)
	s.size = image.Pt(f.Width, f.Height)
	for half := range 2 {
		s.x[half] = newTaps((f.Width+half)>>half, (width+half)>>half)
		s.y[half] = newTaps((f.Height+half)>>half, (height+half)>>half)
	}
	s.row = make([]uint16, 4*f.Width+8)
	s.held = false
	return nil
}

// newTaps is how n samples become m.
func newTaps(n, m int) []taps {
	all := make([]taps, m)
	for i := range all {
		// In units of which a sample has m and a smaller one n.
		from, to := i*n, (i+1)*n
		t := &all[i]
		t.at = int32(from / m)
		left := 1 << tapBits
		for j := int(t.at); j*m < to; j++ {
			covered := min((j+1)*m, to) - max(j*m, from)
			// Of what is left, so that rounding leaves nothing over.
			w := (left*covered + (to-max(j*m, from))/2) / (to - max(j*m, from))
			t.weights[t.n] = uint16(w)
			left -= w
			t.n++
		}
	}
	return all
}

// scaled is the part of the smaller picture that r has a share in.
func (s *Scaler) scaled(r image.Rectangle) image.Rectangle {
	bounds := image.Rectangle{Max: s.size}
	if r = r.Intersect(bounds); r.Empty() {
		return image.Rectangle{}
	}
	w, h := s.dst.Width, s.dst.Height
	return image.Rect(r.Min.X*w/s.size.X, r.Min.Y*h/s.size.Y,
		(r.Max.X*w+s.size.X-1)/s.size.X, (r.Max.Y*h+s.size.Y-1)/s.size.Y)
}

// part makes the pixels in r of the smaller picture. Chroma belongs to two by
// two pixels.
func (s *Scaler) part(f *capture.Frame, r image.Rectangle) {
	if s.size == image.Pt(s.dst.Width, s.dst.Height) {
		even := image.Rect(r.Min.X&^1, r.Min.Y&^1, min((r.Max.X+1)&^1, s.size.X), min((r.Max.Y+1)&^1, s.size.Y))
		copyRect(s.dst, f, even)
		return
	}
	for i := range f.Plane {
		half, samples := 0, 1
		switch {
		case fourBytes(f.Format):
			samples = 4
		case i > 0:
			half = 1
			if f.Format == capture.NV12 {
				samples = 2
			}
		}
		if _, rows := planeSize(f, i); rows == 0 {
			continue
		}
		// Where sides are odd the two are not in step, so chroma takes one more.
		p := image.Rect(r.Min.X>>half-half, r.Min.Y>>half-half, r.Max.X>>half+2*half, r.Max.Y>>half+2*half)
		p = p.Intersect(image.Rect(0, 0, len(s.x[half]), len(s.y[half])))
		scalePlane(s.dst.Plane[i], s.dst.Stride[i], f.Plane[i], f.Stride[i], samples,
			s.x[half][p.Min.X:p.Max.X], s.y[half][p.Min.Y:p.Max.Y], p.Min, s.row)
	}
}
