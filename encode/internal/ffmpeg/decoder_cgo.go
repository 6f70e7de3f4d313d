//go:build cgo && (linux || darwin)

package ffmpeg

// #include <stdlib.h>
// #include "ffmpeg.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// Decoder is a decoder in C memory.
type Decoder struct {
	c       *C.causeway_decoder
	library *Library
}

// NewDecoder opens FFmpeg's decoder of that name.
func NewDecoder(name string) (*Decoder, error) {
	l, err := Load()
	if err != nil {
		return nil, err
	}
	d := &Decoder{(*C.causeway_decoder)(C.calloc(1, C.sizeof_causeway_decoder)), l}
	d.c.av = l.c
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	if C.causeway_decoder_open(d.c, s) != 0 {
		defer d.Close()
		return nil, fmt.Errorf("decoder %s: %w", name, d.err())
	}
	return d, nil
}

// Decode decodes data, which is not empty. It fills in p when that completed a
// picture, and says whether it did.
func (d *Decoder) Decode(data []byte, p *Picture) (bool, error) {
	switch C.causeway_decode(d.c, (*C.uint8_t)(unsafe.SliceData(data)), C.int(len(data))) {
	case 0:
		return false, nil
	case -1:
		return false, d.err()
	}
	f := d.c.frame
	p.Width, p.Height, p.Format = int(f.width), int(f.height), int(f.format)
	for i := range p.Data {
		w, h := p.Width, p.Height
		if i > 0 && p.Format != YUV444P {
			w, h = (w+1)/2, (h+1)/2
		}
		p.Stride[i] = int(f.linesize[i])
		p.Data[i] = unsafe.Slice((*byte)(f.data[i]), max(0, p.Stride[i]*(h-1)+w))
	}
	return true, nil
}

// Close frees the decoder.
func (d *Decoder) Close() {
	C.causeway_decoder_close(d.c)
	C.free(unsafe.Pointer(d.c))
	d.library.Close()
}

func (d *Decoder) err() error { return errors.New(C.GoString(&d.c.message[0])) }
