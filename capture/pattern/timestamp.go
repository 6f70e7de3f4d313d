package pattern

import (
	"image"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

// The timestamp's blocks; see the package documentation.
const (
	columns   = 20
	rows      = 2
	rowsInAll = 16 // if the picture were filled with rows
	bits      = columns * rows
)

// block is where bit i is in a picture of w×h pixels.
func block(i, w, h int) image.Rectangle {
	c, r := i%columns, i/columns
	return image.Rect(c*w/columns, r*h/rowsInAll, (c+1)*w/columns, (r+1)*h/rowsInAll)
}

// encode packs milliseconds and their checksum into 40 bits.
func encode(ms uint32) uint64 { return uint64(ms)<<8 | uint64(checksum(ms)) }

// checksum is CRC-8, polynomial 0x07, initial value 0xFF.
func checksum(ms uint32) byte {
	crc := byte(0xff)
	for shift := 24; shift >= 0; shift -= 8 {
		crc ^= byte(ms >> shift)
		for range 8 {
			carry := crc >> 7
			crc = crc<<1 ^ carry*0x07
		}
	}
	return crc
}

// drawTimestamp draws t into a BGRA picture.
func drawTimestamp(f *capture.Frame, t time.Duration) {
	code := encode(uint32(t.Milliseconds()))
	for i := range bits {
		colour := black
		if code>>(bits-1-i)&1 == 1 {
			colour = white
		}
		fill(f, block(i, f.Width, f.Height), colour)
	}
}

// Read reads the timestamp from a frame of any format that shows a picture of
// [Draw], coded and scaled or not. It reports false when there is none, or one
// too damaged. The time is whole milliseconds and wraps after 49 days.
func Read(f *capture.Frame) (time.Duration, bool) {
	if f.Width < 4*columns || f.Height < 4*rowsInAll {
		return 0, false // a block of less than 4×4 has no middle
	}
	var code uint64
	for i := range bits {
		code <<= 1
		if luma(f, middle(block(i, f.Width, f.Height))) >= 128 {
			code |= 1
		}
	}
	ms := uint32(code >> 8)
	return time.Duration(ms) * time.Millisecond, code == encode(ms)
}

// middle is the part of r that coding does not blur.
func middle(r image.Rectangle) image.Rectangle {
	dx, dy := r.Dx()/4, r.Dy()/4
	return image.Rect(r.Min.X+dx, r.Min.Y+dy, r.Max.X-dx, r.Max.Y-dy)
}

// luma averages the brightness within r. Full and limited range differ too
// little at 50 % to tell apart here.
func luma(f *capture.Frame, r image.Rectangle) int {
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := f.Plane[0][y*f.Stride[0]:]
		for x := r.Min.X; x < r.Max.X; x++ {
			if f.Format == capture.BGRA {
				p := row[4*x : 4*x+3]
				sum += (29*int(p[0]) + 150*int(p[1]) + 77*int(p[2])) >> 8
			} else {
				sum += int(row[x])
			}
		}
	}
	return sum / (r.Dx() * r.Dy())
}
