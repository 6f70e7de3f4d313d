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

// recolour turns the pixels of f in r, I420 or NV12 and with corners that are
// even or at the edge, from the matrix m into n.
func recolour(f *capture.Frame, r image.Rectangle, m, n Matrix) {
	w := m.to(n)
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		top := at(f, 0, r.Min.X, y)[:r.Dx()]
		var bottom []byte
		if y+1 < r.Max.Y {
			bottom = at(f, 0, r.Min.X, y+1)[:r.Dx()]
		}
		u, step := at(f, 1, r.Min.X, y), 1
		var v []byte
		if f.Format == capture.NV12 {
			v, step = u[1:], 2
		} else {
			v = at(f, 2, r.Min.X, y)
		}
		for x := 0; x < r.Dx(); x += 2 {
			const half = 1 << (backBits - 1)
			i := x / 2 * step
			cu, cv := int32(u[i])-128, int32(v[i])-128
			if cu == 0 && cv == 0 {
				continue
			}
			u[i] = clamp(128 + (cu*w.uu+cv*w.uv+half)>>backBits)
			v[i] = clamp(128 + (cu*w.vu+cv*w.vv+half)>>backBits)
			d := (cu*w.yu + cv*w.yv + half) >> backBits
			shift(top[x:min(x+2, len(top))], d)
			if bottom != nil {
				shift(bottom[x:min(x+2, len(bottom))], d)
			}
		}
	}
}

// shift adds d to each luma.
func shift(luma []byte, d int32) {
	for i, l := range luma {
		luma[i] = clamp(int32(l) + d)
	}
}
