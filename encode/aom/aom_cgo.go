//go:build cgo

package aom

// #cgo pkg-config: aom
// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"errors"
	"unsafe"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// probe finds nothing that could be missing: the library is linked in.
func probe() error { return nil }

// nativeEncoder is an encoder in C memory.
type nativeEncoder struct{ c *C.causeway_aom_encoder }

// openEncoder opens an encoder of I420, or of I444 when full is true.
func openEncoder(p encode.Params, s settings, full bool) (*nativeEncoder, error) {
	e := &nativeEncoder{(*C.causeway_aom_encoder)(C.calloc(1, C.sizeof_causeway_aom_encoder))}
	o := C.causeway_aom_options{
		width: C.int(p.Width), height: C.int(p.Height), fps: C.int(p.FPS), threads: C.int(p.Threads), bps: C.int(p.Bitrate),
		speed: C.int(s.speed), tile_columns: C.int(s.tileColumns),
		buffer_ms: C.int(s.bufferMS), max_intra_percent: C.int(s.maxIntraPercent), full: C.bool(full),
	}
	if C.causeway_aom_open(e.c, &o) != 0 {
		defer e.close()
		return nil, e.err()
	}
	return e, nil
}

// encode encodes f, which has the encoder's format; finer asks for a finer quantiser than that
// of the frame before. The data is valid until the next call.
func (e *nativeEncoder) encode(f *capture.Frame, key, finer bool) ([]byte, error) {
	rc := C.causeway_aom_encode(e.c, plane(f, 0), C.int(f.Stride[0]),
		plane(f, 1), C.int(f.Stride[1]), plane(f, 2), C.int(f.Stride[2]), C.bool(key), C.bool(finer))
	if rc != 0 {
		return nil, e.err()
	}
	return unsafe.Slice((*byte)(e.c.out), e.c.size), nil
}

func plane(f *capture.Frame, i int) *C.uint8_t {
	return (*C.uint8_t)(unsafe.SliceData(f.Plane[i]))
}

func (e *nativeEncoder) setBitrate(bps int) error {
	if C.causeway_aom_set_bitrate(e.c, C.int(bps)) != 0 {
		return e.err()
	}
	return nil
}

func (e *nativeEncoder) close() {
	C.aom_codec_destroy(&e.c.context)
	C.free(unsafe.Pointer(e.c))
}

func (e *nativeEncoder) err() error {
	return errors.New(C.GoString(C.causeway_aom_error(&e.c.context)))
}

// nativeDecoder is a decoder in C memory.
type nativeDecoder struct{ c *C.causeway_aom_decoder }

func openDecoder() (*nativeDecoder, error) {
	d := &nativeDecoder{(*C.causeway_aom_decoder)(C.calloc(1, C.sizeof_causeway_aom_decoder))}
	if C.causeway_aom_open_decoder(d.c) != 0 {
		defer d.close()
		return nil, d.err()
	}
	return d, nil
}

// decode decodes data. When ok, f's size, format and planes are those of the
// picture until the next call.
func (d *nativeDecoder) decode(data []byte, f *capture.Frame) (ok bool, err error) {
	if C.causeway_aom_decode(d.c, (*C.uint8_t)(unsafe.SliceData(data)), C.int(len(data))) != 0 {
		return false, d.err()
	}
	pic := d.c.picture
	if pic == nil {
		return false, nil
	}
	f.Width, f.Height, f.Format = int(pic.d_w), int(pic.d_h), capture.I420
	switch {
	case pic.fmt == C.AOM_IMG_FMT_I444:
		f.Format = capture.I444
	case pic.fmt != C.AOM_IMG_FMT_I420:
		return false, errors.New("the picture has a format that nobody here sends")
	}
	for i := range f.Plane {
		w, h := f.Width, f.Height
		if i > 0 && f.Format == capture.I420 {
			w, h = (w+1)/2, (h+1)/2
		}
		f.Stride[i] = int(pic.stride[i])
		f.Plane[i] = unsafe.Slice((*byte)(pic.planes[i]), f.Stride[i]*(h-1)+w)
	}
	return true, nil
}

func (d *nativeDecoder) close() {
	C.aom_codec_destroy(&d.c.context)
	C.free(unsafe.Pointer(d.c))
}

func (d *nativeDecoder) err() error {
	return errors.New(C.GoString(C.causeway_aom_error(&d.c.context)))
}
