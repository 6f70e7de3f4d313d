//go:build !cgo

package encode

import (
	"image"

	"github.com/causeway-rtc/causeway/capture"
)

// fromBGRA turns the pixels of src in r, BGRA or RGBA, into dst's format, I420
// NV12 or I444. This build has no C, whose vectors are some twenty times as fast; no video
// encoder of ours works without C either, so only tests and tools come here.
func fromBGRA(dst, src *capture.Frame, r image.Rectangle, m Matrix) {
	fromBGRAGeneric(dst, src, r, m)
}

// scalePlane is slow here for the same reason.
func scalePlane(dst []byte, dstStride int, src []byte, srcStride, samples int, x, y []taps, to image.Point, row []uint16) {
	scalePlaneGeneric(dst, dstStride, src, srcStride, samples, x, y, to, row)
}
