package encode

import (
	"image"

	"github.com/causeway-rtc/causeway/capture"
)

// across holds the weights that turn one matrix's Y, U and V into another's:
// Y gains yu·U + yv·V, and U and V are mixed. Grey stays as it is.
type across struct{ yu, yv, uu, uv, vu, vv int32 }

// to returns the weights from m to n, as integers of backBits.
func (m Matrix) to(n Matrix) across {
	kr, kb := m.luma()
	nr, nb := n.luma()
	kg, ng := 1-kr-kb, 1-nr-nb
	// What U and V alone make of blue, green and red beyond Y, with all of
	// them from 0 to 1, and of that the other matrix's luma.
	bu, rv := 2*(1-kb), 2*(1-kr)
	gu, gv := -bu*kb/kg, -rv*kr/kg
	yu, yv := nb*bu+ng*gu, nr*rv+ng*gv
	const one, luma = 1 << backBits, 219.0 / 224
	fixed := func(x float64) int32 { return int32(round(x * one)) }
	return across{
		yu: fixed(yu * luma), yv: fixed(yv * luma),
		uu: fixed((bu - yu) / (1 - nb) / 2), uv: fixed(-yv / (1 - nb) / 2),
		vu: fixed(-yu / (1 - nr) / 2), vv: fixed((rv - yv) / (1 - nr) / 2),
	}
}

// recolour turns the pixels of f in r, I420, NV12 or I444 and with corners that
// are even or at the edge, from the matrix m into n.
func recolour(f *capture.Frame, r image.Rectangle, m, n Matrix) {
	w := m.to(n)
	for y := r.Min.Y; f.Format == capture.I444 && y < r.Max.Y; y++ {
		u, v := at(f, 1, r.Min.X, y), at(f, 2, r.Min.X, y)
		for x := range r.Dx() {
			recolourRow(at(f, 0, r.Min.X+x, y)[:1], nil, u[x:], v[x:], 1, &w)
		}
	}
	if f.Format == capture.I444 {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		top := at(f, 0, r.Min.X, y)[:r.Dx()]
		// The last of an odd number of rows stands alone.
		bottom := top[:0]
		if y+1 < r.Max.Y {
			bottom = at(f, 0, r.Min.X, y+1)[:r.Dx()]
		}
		if f.Format == capture.NV12 {
			uv := at(f, 1, r.Min.X, y)
			recolourRow(top, bottom, uv, uv[1:], 2, &w)
		} else {
			recolourRow(top, bottom, at(f, 1, r.Min.X, y), at(f, 2, r.Min.X, y), 1, &w)
		}
	}
}

// recolourRow does two rows of luma, of which the second may be empty, and the
// row of chroma that they share, each value step bytes after the one before.
func recolourRow(top, bottom, u, v []byte, step int, w *across) {
	const half = 1 << (backBits - 1)
	for x, i := 0, 0; x < len(top); x, i = x+2, i+step {
		cu, cv := int32(u[i])-128, int32(v[i])-128
		if cu|cv == 0 {
			continue // grey
		}
		u[i] = clamp(128 + (cu*w.uu+cv*w.uv+half)>>backBits)
		v[i] = clamp(128 + (cu*w.vu+cv*w.vv+half)>>backBits)
		d := (cu*w.yu + cv*w.yv + half) >> backBits
		top[x] = clamp(int32(top[x]) + d)
		if x+1 < len(top) {
			top[x+1] = clamp(int32(top[x+1]) + d)
		}
		if x < len(bottom) {
			bottom[x] = clamp(int32(bottom[x]) + d)
		}
		if x+1 < len(bottom) {
			bottom[x+1] = clamp(int32(bottom[x+1]) + d)
		}
	}
}
