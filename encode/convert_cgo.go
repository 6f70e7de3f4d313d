//go:build cgo

package encode

// #cgo CFLAGS: -O3
// #cgo noescape causeway_from_bgra
// #cgo nocallback causeway_from_bgra
// #cgo noescape causeway_from_bgra_444
// #cgo nocallback causeway_from_bgra_444
// #include "convert.h"
import "C"

import (
	"image"
	"unsafe"

	"github.com/causeway-rtc/causeway/capture"
)

// fromBGRA turns the pixels of src in r, BGRA or RGBA, into dst's format, I420
// NV12 or I444. Both frames passed check.
func fromBGRA(dst, src *capture.Frame, r image.Rectangle, m Matrix) {
	if r.Empty() {
		return
	}
	w := m.forward(src.Format)
	var k C.causeway_weights
	for i := range w.y {
		k.y[i], k.u[i], k.v[i] = C.uint8_t(w.y[i]), C.int16_t(w.u[i]), C.int16_t(w.v[i])
		k.fine[i] = C.int16_t(w.fine[i])
	}
	var v *C.uint8_t
	if dst.Format == capture.I420 {
		v = pointer(dst, 2, r.Min)
	}
	if dst.Format == capture.I444 {
		C.causeway_from_bgra_444(
			pointer(src, 0, r.Min), C.ptrdiff_t(src.Stride[0]), C.int(r.Dx()), C.int(r.Dy()),
			pointer(dst, 0, r.Min), pointer(dst, 1, r.Min), pointer(dst, 2, r.Min), C.ptrdiff_t(dst.Stride[0]), &k)
		return
	}
	C.causeway_from_bgra(
		pointer(src, 0, r.Min), C.ptrdiff_t(src.Stride[0]), C.int(r.Dx()), C.int(r.Dy()),
		pointer(dst, 0, r.Min), C.ptrdiff_t(dst.Stride[0]),
		pointer(dst, 1, r.Min), C.ptrdiff_t(dst.Stride[1]),
		v, C.ptrdiff_t(dst.Stride[2]), &k)
}

// pointer is where the pixel p lies in plane i.
func pointer(f *capture.Frame, i int, p image.Point) *C.uint8_t {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(at(f, i, p.X, p.Y))))
}
