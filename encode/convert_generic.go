package encode

import (
	"image"

	"github.com/causeway-rtc/causeway/capture"
)

// fromBGRAGeneric is fromBGRA in plain Go: what builds without C use, and the
// yardstick for the C code, which must give the same bytes.
func fromBGRAGeneric(dst, src *capture.Frame, r image.Rectangle, m Matrix) {
	w := m.forward(src.Format)
	bytes := 4 * r.Dx()
	if dst.Format == capture.I444 {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			fineRow(at(dst, 0, r.Min.X, y), at(dst, 1, r.Min.X, y), at(dst, 2, r.Min.X, y), at(src, 0, r.Min.X, y)[:bytes], &w)
		}
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		// The last of an odd number of rows is its own neighbour.
		below := min(y+1, r.Max.Y-1)
		top := at(src, 0, r.Min.X, y)[:bytes]
		bottom := at(src, 0, r.Min.X, below)[:bytes]
		lumaRow(at(dst, 0, r.Min.X, y), top, &w)
		if below != y {
			lumaRow(at(dst, 0, r.Min.X, below), bottom, &w)
		}
		if dst.Format == capture.NV12 {
			uv := at(dst, 1, r.Min.X, y)
			chromaRow(uv, uv[1:], 2, top, bottom, &w)
		} else {
			chromaRow(at(dst, 1, r.Min.X, y), at(dst, 2, r.Min.X, y), 1, top, bottom, &w)
		}
	}
}

// lumaRow writes the luma of the BGRA pixels in row.
func lumaRow(dst, row []byte, w *forward) {
	const bias = 16<<lumaBits + 1<<(lumaBits-1)
	wb, wg, wr := uint32(w.y[0]), uint32(w.y[1]), uint32(w.y[2])
	dst = dst[:len(row)/4]
	for x := range dst {
		p := row[4*x : 4*x+4 : 4*x+4]
		dst[x] = byte((wb*uint32(p[0]) + wg*uint32(p[1]) + wr*uint32(p[2]) + bias) >> lumaBits)
	}
}

// chromaRow writes one row of chroma, each value step bytes after the one
// before, from two rows of BGRA pixels.
func chromaRow(u, v []byte, step int, top, bottom []byte, w *forward) {
	ub, ug, ur := int32(w.u[0]), int32(w.u[1]), int32(w.u[2])
	vb, vg, vr := int32(w.v[0]), int32(w.v[1]), int32(w.v[2])
	// Two more bits, because the sums are of four pixels.
	const shift = chromaBits + 2
	const bias = 128<<shift + 1<<(shift-1)
	for x, i := 0, 0; x < len(top); x, i = x+8, i+step {
		next := min(x+4, len(top)-4)
		p, q := top[x:x+4:x+4], top[next:next+4:next+4]
		s, t := bottom[x:x+4:x+4], bottom[next:next+4:next+4]
		b := int32(p[0]) + int32(q[0]) + int32(s[0]) + int32(t[0])
		g := int32(p[1]) + int32(q[1]) + int32(s[1]) + int32(t[1])
		r := int32(p[2]) + int32(q[2]) + int32(s[2]) + int32(t[2])
		u[i] = byte((ub*b + ug*g + ur*r + bias) >> shift)
		v[i] = byte((vb*b + vg*g + vr*r + bias) >> shift)
	}
}

// fineRow writes luma and chroma of each of the BGRA pixels in row.
func fineRow(luma, u, v, row []byte, w *forward) {
	const half = 1 << (chromaBits - 1)
	for x := range len(row) / 4 {
		p := row[4*x : 4*x+4 : 4*x+4]
		b, g, r := int32(p[0]), int32(p[1]), int32(p[2])
		luma[x] = byte((int32(w.fine[0])*b + int32(w.fine[1])*g + int32(w.fine[2])*r + 16<<chromaBits + half) >> chromaBits)
		u[x] = byte((int32(w.u[0])*b + int32(w.u[1])*g + int32(w.u[2])*r + 128<<chromaBits + half) >> chromaBits)
		v[x] = byte((int32(w.v[0])*b + int32(w.v[1])*g + int32(w.v[2])*r + 128<<chromaBits + half) >> chromaBits)
	}
}

// toBGRA turns I420, NV12 or I444 into BGRA, for pictures that a person will look
// at. It is not fast: what plays video hands its planes to the graphics card.
func toBGRA(dst, src *capture.Frame, r image.Rectangle, m Matrix) {
	w := m.backward()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out, luma := at(dst, 0, r.Min.X, y)[:4*r.Dx()], at(src, 0, r.Min.X, y)
		u, v, step, each := chromaAt(src, r.Min.X, y)
		for x := range r.Dx() {
			const half = 1 << (backBits - 1)
			l := (int32(luma[x])-16)*w.y + half
			cu, cv := int32(u[x/each*step])-128, int32(v[x/each*step])-128
			p := out[4*x : 4*x+4 : 4*x+4]
			p[0] = clamp((l + cu*w.bu) >> backBits)
			p[1] = clamp((l - cu*w.gu - cv*w.gv) >> backBits)
			p[2] = clamp((l + cv*w.rv) >> backBits)
			p[3] = 255
		}
	}
}

func clamp(x int32) byte { return byte(max(0, min(x, 255))) }
