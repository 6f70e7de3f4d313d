//go:build cgo

package encode

// #cgo CFLAGS: -O3
// #cgo noescape causeway_scale
// #cgo nocallback causeway_scale
// #include "scale.h"
import "C"

import (
	"image"
	"unsafe"
)

// scalePlane is scalePlaneGeneric in C.
func scalePlane(dst []byte, dstStride int, src []byte, srcStride, samples int, x, y []taps, to image.Point, row []uint16) {
	if len(x) == 0 || len(y) == 0 {
		return
	}
	C.causeway_scale(
		(*C.uint8_t)(&dst[to.Y*dstStride+to.X*samples]), C.ptrdiff_t(dstStride),
		(*C.uint8_t)(unsafe.SliceData(src)), C.ptrdiff_t(srcStride), C.int(samples),
		(*C.causeway_taps)(unsafe.Pointer(&x[0])), C.int(len(x)),
		(*C.causeway_taps)(unsafe.Pointer(&y[0])), C.int(len(y)),
		(*C.uint16_t)(unsafe.SliceData(row)))
}
