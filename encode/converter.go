package encode

import (
	"fmt"
	"image"

	"github.com/causeway-rtc/causeway/capture"
)

// Converter turns the frames of one stream into the format that an encoder
// takes, at the cost of what changed: it keeps the picture before, and of a
// BGRA frame converts the [capture.Frame.Damage] alone.
//
// Each frame's damage must therefore cover all that changed since the frame
// that the Converter saw before it. Who skips a frame adds its damage to the
// next, or sets that to nil.
//
// I420 and NV12 are taken to be BT.709 in limited range. For an encoder that
// writes BT.601 they are converted, in Go and at some milliseconds for a large
// picture.
//
// What it returns in I420 and NV12 may be read as a picture of even size: where a side is odd,
// luma has one more row or column, a copy of the last. H.264 in 4:2:0 knows no
// odd sizes.
type Converter struct {
	matrix Matrix
	dst    *capture.Frame
	// held is true when dst holds the picture before.
	held bool
}

// NewConverter returns a Converter to format: I420, NV12 or I444.
func NewConverter(format capture.PixelFormat, width, height int, m Matrix) *Converter {
	if format == capture.I444 {
		return &Converter{matrix: m, dst: NewFrame(format, width, height)}
	}
	dst := NewFrame(format, (width+1)&^1, (height+1)&^1)
	dst.Width, dst.Height = width, height
	return &Converter{matrix: m, dst: dst}
}

// Convert returns f in the Converter's format, or an error when f is of
// another size. The frame is f itself where nothing is to be done, otherwise
// one that is valid until the next call. whole converts everything whatever
// f.Damage says; ask for it with key frames, so that no mistake of a source
// outlives one. It allocates nothing.
func (c *Converter) Convert(f *capture.Frame, whole bool) (*capture.Frame, error) {
	if f.Width != c.dst.Width || f.Height != c.dst.Height {
		return nil, fmt.Errorf("encode: a frame of %d×%d for an encoder of %d×%d", f.Width, f.Height, c.dst.Width, c.dst.Height)
	}
	if even := f.Width%2 == 0 && f.Height%2 == 0 || f.Format == capture.I444; even && f.Format == c.dst.Format && c.matrix == BT709 {
		c.held = false
		return f, check(f)
	}
	if whole || f.Damage == nil || !c.held {
		c.held = false
		if err := c.convert(f, image.Rect(0, 0, f.Width, f.Height)); err != nil {
			return nil, err
		}
	} else if err := c.damaged(f); err != nil {
		return nil, err
	}
	c.held = true
	c.pad()
	c.dst.Time = f.Time
	return c.dst, nil
}

func (c *Converter) damaged(f *capture.Frame) error {
	bounds := image.Rect(0, 0, f.Width, f.Height)
	for _, r := range f.Damage {
		// Chroma belongs to two by two pixels, so a rectangle grows to even
		// corners. &^ rounds down for negative numbers too.
		r = image.Rect(r.Min.X&^1, r.Min.Y&^1, (r.Max.X+1)&^1, (r.Max.Y+1)&^1).Intersect(bounds)
		if r.Empty() {
			continue
		}
		if err := c.convert(f, r); err != nil {
			return err
		}
	}
	return nil
}

// convert converts the pixels in r, whose corners are even or at the edge.
func (c *Converter) convert(f *capture.Frame, r image.Rectangle) error {
	if err := convert(c.dst, f, r, c.matrix); err != nil {
		return err
	}
	if c.matrix != BT709 && !fourBytes(f.Format) {
		recolour(c.dst, r, BT709, c.matrix)
	}
	return nil
}

// pad makes luma even in size.
func (c *Converter) pad() {
	if c.dst.Format == capture.I444 {
		return
	}
	p, stride := c.dst.Plane[0], c.dst.Stride[0]
	if w := c.dst.Width; w%2 != 0 {
		for y := range c.dst.Height {
			p[y*stride+w] = p[y*stride+w-1]
		}
	}
	if h := c.dst.Height; h%2 != 0 {
		copy(p[h*stride:(h+1)*stride], p[(h-1)*stride:])
	}
}
