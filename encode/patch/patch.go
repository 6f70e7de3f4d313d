package patch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
)

const (
	// MaxRects is how many rectangles a patch clears, and how many it draws,
	// at most.
	MaxRects = 1024
	// MaxPixels is how many pixels it draws at most, so that who decodes it
	// is not held up for long.
	MaxPixels = 1 << 17
	// MaxSide bounds the picture's sides, in pixels.
	MaxSide = 1 << 14

	headerSize = 12
	rectSize   = 8
)

// ErrMalformed is wrapped by the errors about what is no patch.
var ErrMalformed = errors.New("malformed patch")

// Patch says what becomes of the pixels that are drawn over a video. First
// Clear is done, then Draw.
type Patch struct {
	// Timestamp is the RTP timestamp of the frame that it is up to date
	// with: what it leaves alone is as it was until then.
	Timestamp uint32
	// Width and Height of the whole picture in pixels. When they are not
	// those of the patch before, all that was drawn is void.
	Width, Height int
	// Clear is where the video shows again.
	Clear []image.Rectangle
	// Draw is where Data has pixels for, row by row of one rectangle after
	// the other.
	Draw []image.Rectangle
	// Data is the pixels' red, green and blue, a byte each (sRGB), in the form
	// DEFLATE (RFC 1951).
	Data []byte
}

// Append appends the wire form of p to dst. All numbers are big-endian.
func Append(dst []byte, p *Patch) []byte {
	dst = binary.BigEndian.AppendUint32(dst, p.Timestamp)
	for _, n := range []int{p.Width, p.Height, len(p.Clear), len(p.Draw)} {
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	}
	for _, rects := range [][]image.Rectangle{p.Clear, p.Draw} {
		for _, r := range rects {
			for _, n := range []int{r.Min.X, r.Min.Y, r.Dx(), r.Dy()} {
				dst = binary.BigEndian.AppendUint16(dst, uint16(n))
			}
		}
	}
	return append(dst, p.Data...)
}

// Parse reads the wire form. Data is a part of b. The error wraps
// [ErrMalformed].
func Parse(b []byte) (*Patch, error) {
	if len(b) < headerSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(b))
	}
	number := func(at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
	p := &Patch{Timestamp: binary.BigEndian.Uint32(b), Width: number(4), Height: number(6)}
	clears, draws := number(8), number(10)
	if p.Width > MaxSide || p.Height > MaxSide || clears > MaxRects || draws > MaxRects {
		return nil, fmt.Errorf("%w: %d and %d rectangles of %d×%d", ErrMalformed, clears, draws, p.Width, p.Height)
	}
	b = b[headerSize:]
	if len(b) < (clears+draws)*rectSize {
		return nil, fmt.Errorf("%w: %d bytes for %d rectangles", ErrMalformed, len(b), clears+draws)
	}
	bounds, pixels := image.Rect(0, 0, p.Width, p.Height), 0
	for i := range clears + draws {
		at := i * rectSize
		r := image.Rect(0, 0, number(at+4), number(at+6)).Add(image.Pt(number(at), number(at+2)))
		if r.Empty() || !r.In(bounds) {
			return nil, fmt.Errorf("%w: %v is not in %v", ErrMalformed, r, bounds)
		}
		if i < clears {
			p.Clear = append(p.Clear, r)
			continue
		}
		p.Draw = append(p.Draw, r)
		pixels += r.Dx() * r.Dy()
	}
	if pixels > MaxPixels {
		return nil, fmt.Errorf("%w: %d pixels", ErrMalformed, pixels)
	}
	p.Data = b[(clears+draws)*rectSize:]
	return p, nil
}
