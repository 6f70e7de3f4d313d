package encode

import (
	"math"

	"github.com/causeway-rtc/causeway/capture"
)

// Matrix says how colours become luma and chroma. Both are in limited range:
// luma from 16 to 235, chroma from 16 to 240.
type Matrix uint8

const (
	// BT601 is ITU-R BT.601, which decoders assume of VP8.
	BT601 Matrix = iota
	// BT709 is ITU-R BT.709, which our H.264 signals in its bitstream.
	BT709
)

// String is the matrix's usual name.
func (m Matrix) String() string {
	if m == BT709 {
		return "BT.709"
	}
	return "BT.601"
}

// luma returns the shares of red and blue in luma; green has the rest.
func (m Matrix) luma() (kr, kb float64) {
	if m == BT709 {
		return 0.2126, 0.0722
	}
	return 0.299, 0.114
}

// Bits of the integers that stand for a matrix. Luma has only eight, because
// then a vector instruction multiplies 32 bytes at once; its error stays under
// one step. Chroma is a quarter of the work and gets nearly exact weights,
// because an error in grey, where U and V must vanish, is one that people see.
const (
	lumaBits   = 8
	chromaBits = 15
)

// forward holds the weights in Y, U and V of a pixel's first three bytes: blue,
// green and red, or in RGBA red, green and blue.
type forward struct {
	y    [3]uint8
	u, v [3]int16
	// fine is y with as many bits as u and v have: where chroma is as sharp as
	// luma, colours are to come back as they were.
	fine [3]int16
}

func (m Matrix) forward(f capture.PixelFormat) forward {
	kr, kb := m.luma()
	var w forward
	y := 219.0 / 255 * (1 << lumaBits)
	c := 224.0 / 255 / 2 * (1 << chromaBits)
	// Green takes what is left, so that grey is exact whatever was rounded.
	sum := round(y)
	w.y = [3]uint8{uint8(round(y * kb)), uint8(sum - round(y*kb) - round(y*kr)), uint8(round(y * kr))}
	fine := y * (1 << (chromaBits - lumaBits))
	w.fine = [3]int16{int16(round(fine * kb)), int16(round(fine) - round(fine*kb) - round(fine*kr)), int16(round(fine * kr))}
	ur := round(-c * kr / (1 - kb))
	w.u = [3]int16{int16(round(c)), int16(-round(c) - ur), int16(ur)}
	vb := round(-c * kb / (1 - kr))
	w.v = [3]int16{int16(vb), int16(-round(c) - vb), int16(round(c))}
	if f == capture.RGBA {
		w.y[0], w.y[2] = w.y[2], w.y[0]
		w.fine[0], w.fine[2] = w.fine[2], w.fine[0]
		w.u[0], w.u[2] = w.u[2], w.u[0]
		w.v[0], w.v[2] = w.v[2], w.v[0]
	}
	return w
}

// backBits are the bits of the integers in backward.
const backBits = 16

// backward holds the weights that turn Y, U and V into colours.
type backward struct{ y, rv, gu, gv, bu int32 }

func (m Matrix) backward() backward {
	kr, kb := m.luma()
	kg := 1 - kr - kb
	const one = 1 << backBits
	c := 255.0 / 224 * 2 * one
	return backward{
		y:  int32(round(255.0 / 219 * one)),
		rv: int32(round(c * (1 - kr))),
		bu: int32(round(c * (1 - kb))),
		gu: int32(round(c * (1 - kb) * kb / kg)),
		gv: int32(round(c * (1 - kr) * kr / kg)),
	}
}

func round(x float64) int { return int(math.Round(x)) }
