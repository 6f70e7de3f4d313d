package patch

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"

	"github.com/klauspost/compress/flate"
)

// level is the effort of packing. The next ones take much longer and save
// hardly anything; the first takes half as long, and an eighth more bytes.
const level = 6

// Packer makes [Patch.Data]. It is not for several goroutines at once; the
// zero value is ready.
type Packer struct {
	deflate *flate.Writer
	out     bytes.Buffer
	pixels  []byte
}

// Add copies a rectangle of a picture of 4 bytes a pixel, blue, green, red and
// one that is ignored, with stride bytes from a row to the next.
func (p *Packer) Add(pix []byte, stride int, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		p.pixels = appendRow(p.pixels, pix[y*stride+4*r.Min.X:][:4*r.Dx()])
	}
}

// Pack packs what was added since it was last called. The result is the
// Packer's until then.
func (p *Packer) Pack() []byte {
	p.out.Reset()
	if p.deflate == nil {
		p.deflate, _ = flate.NewWriter(&p.out, level) // of a level that there is
	}
	p.deflate.Reset(&p.out)
	_, _ = p.deflate.Write(p.pixels) // a Buffer takes everything
	_ = p.deflate.Close()
	p.pixels = p.pixels[:0]
	return p.out.Bytes()
}

// appendRow appends the red, green and blue of a row.
func appendRow(dst, row []byte) []byte {
	at := len(dst)
	dst = append(dst, row[:len(row)/4*3]...) // for the room
	for to := dst[at:]; len(row) >= 4 && len(to) >= 3; row, to = row[4:], to[3:] {
		to[0], to[1], to[2] = row[2], row[1], row[0]
	}
	return dst
}

// Unpacker reads [Patch.Data]. It is not for several goroutines at once; the
// zero value is ready.
type Unpacker struct {
	inflate io.ReadCloser
	row     []byte
}

// Unpack writes the pixels of p into a picture of its size, of 4 bytes a pixel,
// blue, green, red and 255. The error wraps [ErrMalformed]; some pixels may
// have been written then.
func (u *Unpacker) Unpack(pix []byte, stride int, p *Patch) error {
	if u.inflate == nil {
		u.inflate = flate.NewReader(nil)
	}
	if err := u.inflate.(flate.Resetter).Reset(bytes.NewReader(p.Data), nil); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	for _, r := range p.Draw {
		u.row = append(u.row[:0], make([]byte, 3*r.Dx())...)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			if _, err := io.ReadFull(u.inflate, u.row); err != nil {
				return fmt.Errorf("%w: %w", ErrMalformed, err)
			}
			to := pix[y*stride+4*r.Min.X:][:4*r.Dx()]
			for from := u.row; len(from) >= 3; from, to = from[3:], to[4:] {
				to[0], to[1], to[2], to[3] = from[2], from[1], from[0], 255
			}
		}
	}
	if n, err := u.inflate.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more than its pixels", ErrMalformed)
	}
	return nil
}
