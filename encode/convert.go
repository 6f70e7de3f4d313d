package encode

import (
	"errors"
	"fmt"
	"image"

	"github.com/causeway-rtc/causeway/capture"
)

// rowAlign is what the rows of NewFrame's planes are padded to, in bytes: a
// cache line, so that no vector load straddles two of them.
const rowAlign = 64

// NewFrame returns a frame with planes of its own, all zero.
func NewFrame(format capture.PixelFormat, width, height int) *capture.Frame {
	f := &capture.Frame{Width: width, Height: height, Format: format}
	for i := range f.Plane {
		w, h := planeSize(f, i)
		f.Stride[i] = (w + rowAlign - 1) / rowAlign * rowAlign
		f.Plane[i] = make([]byte, f.Stride[i]*h)
	}
	return f
}

// planeSize is how many bytes a row of plane i has, and how many rows there
// are. Both are zero for a plane that the format lacks.
func planeSize(f *capture.Frame, i int) (bytes, rows int) {
	w, h := f.Width, f.Height
	switch {
	case i == 0 && fourBytes(f.Format):
		return 4 * w, h
	case i == 0, f.Format == capture.I444:
		return w, h
	case f.Format == capture.I420:
		return (w + 1) / 2, (h + 1) / 2
	case f.Format == capture.NV12 && i == 1:
		return (w + 1) / 2 * 2, (h + 1) / 2
	}
	return 0, 0
}

// fourBytes is true for the formats of one plane with four bytes a pixel.
func fourBytes(p capture.PixelFormat) bool { return p == capture.BGRA || p == capture.RGBA }

// check says whether f's planes are as large as its size and format promise,
// which is what lets the C code trust its arguments.
func check(f *capture.Frame) error {
	if f.Width < 1 || f.Height < 1 {
		return fmt.Errorf("encode: a frame of %d×%d", f.Width, f.Height)
	}
	if f.Format > capture.I444 {
		return fmt.Errorf("encode: pixel format %v", f.Format)
	}
	for i, p := range f.Plane {
		bytes, rows := planeSize(f, i)
		if rows == 0 {
			continue
		}
		if f.Stride[i] < bytes || len(p) < (rows-1)*f.Stride[i]+bytes {
			return fmt.Errorf("encode: plane %d of a %d×%d %v frame is too short: %d bytes at stride %d",
				i, f.Width, f.Height, f.Format, len(p), f.Stride[i])
		}
	}
	return nil
}

// Convert writes src's picture into dst, which has the same size and planes of
// its own. It converts BGRA and RGBA to I420, NV12 and I444, these into BGRA, the
// first two into each other and into I444, and copies between like formats. Chroma is the mean of two by two
// pixels; at an odd edge, of those that exist. It allocates nothing.
func Convert(dst, src *capture.Frame, m Matrix) error {
	return convert(dst, src, image.Rect(0, 0, src.Width, src.Height), m)
}

// convert is Convert for the pixels in r alone, whose corners are even or at
// the frame's edge.
func convert(dst, src *capture.Frame, r image.Rectangle, m Matrix) error {
	if err := check(src); err != nil {
		return err
	}
	if err := check(dst); err != nil {
		return err
	}
	if dst.Width != src.Width || dst.Height != src.Height {
		return fmt.Errorf("encode: convert %d×%d to %d×%d", src.Width, src.Height, dst.Width, dst.Height)
	}
	switch {
	case dst.Format == src.Format:
		copyRect(dst, src, r)
	case fourBytes(src.Format) && !fourBytes(dst.Format):
		fromBGRA(dst, src, r, m)
	case dst.Format == capture.BGRA && !fourBytes(src.Format):
		toBGRA(dst, src, r, m)
	case dst.Format == capture.I444:
		widen(dst, src, r)
	case fourBytes(dst.Format), src.Format == capture.I444:
		return fmt.Errorf("encode: convert %v to %v: %w", src.Format, dst.Format, errors.ErrUnsupported)
	default:
		repack(dst, src, r)
	}
	return nil
}

// at is the plane i from the pixel x, y on, where both are even or the plane
// is not subsampled.
func at(f *capture.Frame, i, x, y int) []byte {
	switch {
	case fourBytes(f.Format):
		x *= 4
	case i > 0 && f.Format == capture.I444:
	case i > 0 && f.Format == capture.I420:
		x, y = x/2, y/2
	case i > 0:
		y /= 2
	}
	return f.Plane[i][y*f.Stride[i]+x:]
}

// copyRect copies the pixels in r between frames of one format.
func copyRect(dst, src *capture.Frame, r image.Rectangle) {
	part := capture.Frame{Width: r.Dx(), Height: r.Dy(), Format: src.Format}
	for i := range src.Plane {
		bytes, rows := planeSize(&part, i)
		for y := range rows {
			down := y
			if i > 0 && src.Format != capture.I444 {
				down = 2 * y
			}
			copy(at(dst, i, r.Min.X, r.Min.Y+down)[:bytes], at(src, i, r.Min.X, r.Min.Y+down))
		}
	}
}

// widen turns I420 and NV12 into I444: each value of chroma is that of the
// pixels that it was taken of.
func widen(dst, src *capture.Frame, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(at(dst, 0, r.Min.X, y)[:r.Dx()], at(src, 0, r.Min.X, y))
		u, v, step, _ := chromaAt(src, r.Min.X, y)
		toU, toV := at(dst, 1, r.Min.X, y)[:r.Dx()], at(dst, 2, r.Min.X, y)[:r.Dx()]
		for x := range toU {
			toU[x], toV[x] = u[x/2*step], v[x/2*step]
		}
	}
}

// chromaAt is the chroma of the pixel x, y and those to the right of it: values
// of U and V that are step bytes apart, of which each is for so many pixels.
func chromaAt(f *capture.Frame, x, y int) (u, v []byte, step, each int) {
	u = at(f, 1, x, y)
	switch f.Format {
	case capture.NV12:
		return u, u[1:], 2, 2
	case capture.I444:
		return u, at(f, 2, x, y), 1, 1
	}
	return u, at(f, 2, x, y), 1, 2
}

// repack turns I420 into NV12 and back.
func repack(dst, src *capture.Frame, r image.Rectangle) {
	n := (r.Dx() + 1) / 2
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(at(dst, 0, r.Min.X, y)[:r.Dx()], at(src, 0, r.Min.X, y))
		if y%2 != 0 {
			continue
		}
		if dst.Format == capture.NV12 {
			u, v, uv := at(src, 1, r.Min.X, y)[:n], at(src, 2, r.Min.X, y)[:n], at(dst, 1, r.Min.X, y)[:2*n]
			for x := range n {
				uv[2*x], uv[2*x+1] = u[x], v[x]
			}
			continue
		}
		u, v, uv := at(dst, 1, r.Min.X, y)[:n], at(dst, 2, r.Min.X, y)[:n], at(src, 1, r.Min.X, y)[:2*n]
		for x := range n {
			u[x], v[x] = uv[2*x], uv[2*x+1]
		}
	}
}
