//go:build !cgo

package encode

import (
	"image"

	"github.com/causeway-rtc/causeway/capture"
)

// fromBGRA turns the pixels of src in r, BGRA or RGBA, into dst's format, I420
// or NV12. This build has no C, whose vectors are some twenty times as fast; no video
// encoder of ours works without C either, so only tests and tools come here.
func fromBGRA(dst, src *capture.Frame, r image.Rectangle, m Matrix) {
	fromBGRAGeneric(dst, src, r, m)
}
