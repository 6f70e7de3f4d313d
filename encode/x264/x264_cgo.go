//go:build cgo && gpl

package x264

// #cgo pkg-config: x264
// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"cmp"
	"errors"
	"image"
	"unsafe"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// probe finds nothing that could be missing: the library is linked in.
func probe() error { return nil }

// native is an encoder in C memory, where libx264 may point back at it.
type native struct{ c *C.causeway_x264 }

// open opens an encoder of I444, or of NV12. Sides of NV12 are made even.
func open(p encode.Params, full bool) (*native, error) {
	n := &native{(*C.causeway_x264)(C.calloc(1, C.sizeof_causeway_x264))}
	w, h, f := even(p.Width), even(p.Height), C.int(0)
	if full {
		w, h, f = p.Width, p.Height, 1
	}
	rc := C.causeway_x264_open(n.c, C.int(w), C.int(h), C.int(p.FPS), C.int(p.Threads), f)
	if rc != 0 {
		defer n.close()
		return nil, n.err()
	}
	return n, nil
}

// activity measures the luma of f against the frame of the call before, of
// which something moved down by rows.
func (n *native) activity(f *capture.Frame, rows int) (activity, error) {
	if C.causeway_x264_activity(n.c, (*C.uint8_t)(unsafe.SliceData(f.Plane[0])), C.int(f.Stride[0]), C.int(rows)) != 0 {
		return activity{}, errors.New("out of memory")
	}
	return activity{inter: float64(n.c.inter), intra: float64(n.c.intra), samples: float64(n.c.samples)}, nil
}

// mark says what of the next frame is known to be as in the one encoded before:
// all but the rectangles, or with nil nothing.
func (n *native) mark(damage []image.Rectangle) {
	if damage == nil {
		C.causeway_x264_mark(n.c, 0)
		return
	}
	C.causeway_x264_mark(n.c, 1)
	for _, r := range damage {
		C.causeway_x264_mark_changed(n.c, C.int(r.Min.X), C.int(r.Min.Y), C.int(r.Max.X), C.int(r.Max.Y))
	}
}

// encode encodes f, which has the encoder's format; NV12 may be read as even in
// size. Most of what changed has moved by so many pixels, or by none. The data is
// valid until the next call.
func (n *native) encode(f *capture.Frame, moved image.Point, qp int, key bool) (data []byte, isKey bool, err error) {
	var force, scrolled C.int
	if key {
		force = 1
	}
	y, u, v := (*C.uint8_t)(unsafe.SliceData(f.Plane[0])), (*C.uint8_t)(unsafe.SliceData(f.Plane[1])), (*C.uint8_t)(nil)
	stride := C.int(f.Stride[1])
	if f.Format == capture.I444 {
		v = (*C.uint8_t)(unsafe.SliceData(f.Plane[2]))
	} else {
		if moved != (image.Point{}) && !key {
			u = C.causeway_x264_carry(n.c, y, C.int(f.Stride[0]), u, stride, C.int(moved.X), C.int(moved.Y))
			stride, scrolled = n.c.param.i_width, 1
		}
		if C.causeway_x264_search(n.c, scrolled) != 0 {
			return nil, false, n.err()
		}
	}
	rc := C.causeway_x264_encode(n.c, y, C.int(f.Stride[0]), u, stride, v, C.int(f.Stride[2]), C.int(qp), force)
	if rc != 0 {
		return nil, false, n.err()
	}
	return unsafe.Slice((*byte)(n.c.out), n.c.size), n.c.key != 0, nil
}

func (n *native) close() {
	C.causeway_x264_close(n.c)
	C.free(unsafe.Pointer(n.c))
}

func (n *native) err() error {
	return errors.New(cmp.Or(C.GoString(&n.c.message[0]), "libx264 did not say why"))
}
