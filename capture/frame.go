package capture

import (
	"image"
	"time"
)

// PixelFormat says how a frame's pixels lie in memory.
type PixelFormat uint8

const (
	// BGRA is one plane of 4 bytes a pixel: blue, green, red, unused. It is
	// what X servers on little-endian machines and Windows hand out, and what
	// libyuv calls ARGB.
	BGRA PixelFormat = iota
	// I420 is three planes, Y, U, V, the chroma planes at half width and
	// half height, rounded up.
	I420
	// NV12 is two planes, Y and interleaved UV, the second at half height,
	// rounded up.
	NV12
	// RGBA is BGRA with red and blue exchanged: what graphics libraries hand
	// out, and Go's package image.
	RGBA
	// I444 is three planes, Y, U, V, all of full size.
	I444
)

// String is the format's usual name.
func (f PixelFormat) String() string {
	switch f {
	case BGRA:
		return "BGRA"
	case I420:
		return "I420"
	case NV12:
		return "NV12"
	case RGBA:
		return "RGBA"
	case I444:
		return "I444"
	}
	return "unknown"
}

// Frame is one raw picture. See the package documentation for who owns it.
type Frame struct {
	// Width and Height in pixels.
	Width, Height int
	Format        PixelFormat
	// Plane holds the planes that Format has, top row first; Stride is the
	// bytes from one row of a plane to the next.
	Plane  [3][]byte
	Stride [3]int
	// Time is when the picture was captured, on the clock of [Now].
	Time time.Duration
	// Changed is when the first change since the frame before was noticed, or
	// zero when that is not known.
	Changed time.Duration
	// Damage bounds what may have changed since the frame before, in pixels.
	// Nil means everything.
	Damage []image.Rectangle

	// Free, when not nil, is called by Release. The source sets it.
	Free func()
}

// Unchanged is true when the frame is known to be as the one before.
func (f *Frame) Unchanged() bool { return f.Damage != nil && len(f.Damage) == 0 }

// Release gives the frame back to its source. The second call does nothing.
func (f *Frame) Release() {
	if free := f.Free; free != nil {
		f.Free = nil
		free()
	}
}
