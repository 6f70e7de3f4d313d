//go:build cgo

package vpx

// #cgo pkg-config: vpx
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
type nativeEncoder struct{ c *C.causeway_vpx_encoder }

func openEncoder(p encode.Params, s settings) (*nativeEncoder, error) {
	e := &nativeEncoder{(*C.causeway_vpx_encoder)(C.calloc(1, C.sizeof_causeway_vpx_encoder))}
	o := C.causeway_vpx_options{
		width: C.int(p.Width), height: C.int(p.Height), fps: C.int(p.FPS), threads: C.int(p.Threads), bps: C.int(p.Bitrate),
		vp9: C.bool(s.vp9), speed: C.int(s.speed), parts: C.int(s.parts),
		buffer_ms: C.int(s.bufferMS), max_intra_percent: C.int(s.maxIntraPercent), best: C.int(s.bestQuantizer),
	}
	if C.causeway_vpx_open(e.c, &o) != 0 {
		defer e.close()
		return nil, e.err()
	}
	return e, nil
}

// encode encodes f, which is I420, with a quantiser no coarser than worst. The
// data is valid until the next call.
func (e *nativeEncoder) encode(f *capture.Frame, key bool, worst int) ([]byte, error) {
	rc := C.causeway_vpx_encode(e.c, plane(f, 0), C.int(f.Stride[0]),
		plane(f, 1), C.int(f.Stride[1]), plane(f, 2), C.int(f.Stride[2]), C.bool(key), C.int(worst))
	if rc != 0 {
		return nil, e.err()
	}
	return unsafe.Slice((*byte)(e.c.out), e.c.size), nil
}

func plane(f *capture.Frame, i int) *C.uint8_t {
	return (*C.uint8_t)(unsafe.SliceData(f.Plane[i]))
}

func (e *nativeEncoder) setBitrate(bps int) error {
	if C.causeway_vpx_set_bitrate(e.c, C.int(bps)) != 0 {
		return e.err()
	}
	return nil
}

func (e *nativeEncoder) close() {
	C.vpx_codec_destroy(&e.c.context)
	C.free(unsafe.Pointer(e.c))
}

func (e *nativeEncoder) err() error {
	return errors.New(C.GoString(C.causeway_vpx_error(&e.c.context)))
}

// nativeDecoder is a decoder in C memory.
type nativeDecoder struct{ c *C.causeway_vpx_decoder }

func openDecoder(vp9 bool) (*nativeDecoder, error) {
	d := &nativeDecoder{(*C.causeway_vpx_decoder)(C.calloc(1, C.sizeof_causeway_vpx_decoder))}
	if C.causeway_vpx_open_decoder(d.c, C.bool(vp9)) != 0 {
		defer d.close()
		return nil, d.err()
	}
	return d, nil
}

// decode decodes data. When ok, f's size and planes are those of the picture
// until the next call.
func (d *nativeDecoder) decode(data []byte, f *capture.Frame) (ok bool, err error) {
	if C.causeway_vpx_decode(d.c, (*C.uint8_t)(unsafe.SliceData(data)), C.int(len(data))) != 0 {
		return false, d.err()
	}
	pic := d.c.picture
	if pic == nil {
		return false, nil
	}
	f.Width, f.Height = int(pic.d_w), int(pic.d_h)
	for i := range f.Plane {
		w, h := f.Width, f.Height
		if i > 0 {
			w, h = (w+1)/2, (h+1)/2
		}
		f.Stride[i] = int(pic.stride[i])
		f.Plane[i] = unsafe.Slice((*byte)(pic.planes[i]), f.Stride[i]*(h-1)+w)
	}
	return true, nil
}

func (d *nativeDecoder) close() {
	C.vpx_codec_destroy(&d.c.context)
	C.free(unsafe.Pointer(d.c))
}

func (d *nativeDecoder) err() error {
	return errors.New(C.GoString(C.causeway_vpx_error(&d.c.context)))
}
