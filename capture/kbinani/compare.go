package kbinani

import (
	"bytes"
	"encoding/binary"
	"image"
)

// difference spans the rows in which two pictures differ, over their whole
// width. It is everything where there is no old one of the same size, and
// empty where nothing differs. Both must begin at the origin.
func difference(old, img *image.RGBA) image.Rectangle {
	if old == nil || old.Rect != img.Rect {
		return img.Rect
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	same := func(y int) bool {
		return bytes.Equal(old.Pix[y*old.Stride:][:4*w], img.Pix[y*img.Stride:][:4*w])
	}
	top, bottom := 0, h
	for top < h && same(top) {
		top++
	}
	for bottom > top && same(bottom-1) {
		bottom--
	}
	if top == bottom {
		return image.Rectangle{}
	}
	return image.Rect(0, top, w, bottom)
}

// toBGRA swaps red and blue, two pixels at a time. Both must be of the same
// length, a multiple of four.
func toBGRA(dst, src []byte) {
	const keep, low = 0xff00ff00ff00ff00, 0x000000ff000000ff
	for len(src) >= 8 && len(dst) >= 8 {
		v := binary.LittleEndian.Uint64(src)
		binary.LittleEndian.PutUint64(dst, v&keep|v>>16&low|v&low<<16)
		dst, src = dst[8:], src[8:]
	}
	if len(src) >= 4 && len(dst) >= 4 {
		dst[0], dst[1], dst[2], dst[3] = src[2], src[1], src[0], src[3]
	}
}
