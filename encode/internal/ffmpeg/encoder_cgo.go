//go:build cgo && (linux || darwin)

package ffmpeg

// #include <stdlib.h>
// #include "ffmpeg.h"
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"
)

// Encoder is an encoder in C memory.
type Encoder struct{ c *C.causeway_encoder }

// NewEncoder opens an encoder of the library, which must outlive it.
func (l *Library) NewEncoder(o EncoderOptions) (*Encoder, error) {
	e := &Encoder{(*C.causeway_encoder)(C.calloc(1, C.sizeof_causeway_encoder))}
	e.c.av = l.c
	if err := e.open(o); err != nil {
		e.Close()
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	return e, nil
}

func (e *Encoder) open(o EncoderOptions) error {
	name, device := C.CString(o.Name), (*C.char)(nil)
	defer C.free(unsafe.Pointer(name))
	if o.Device != "" {
		device = C.CString(o.Device)
		defer C.free(unsafe.Pointer(device))
	}
	if C.causeway_encoder_prepare(e.c, name, C.int(o.Width), C.int(o.Height), device) != 0 {
		return e.err()
	}
	for _, s := range o.Settings {
		if err := e.Set(s); err != nil {
			return err
		}
	}
	if C.causeway_encoder_open(e.c) != 0 {
		return e.err()
	}
	return nil
}

// Set sets an option. Which ones have an effect while the encoder is at work
// is for it to say.
func (e *Encoder) Set(s Setting) error {
	name, value := C.CString(s.Name), C.CString(s.Value)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(value))
	switch C.causeway_encoder_set(e.c, name, value) {
	case 0:
		return nil
	case 1:
		if s.Optional {
			return nil
		}
		return fmt.Errorf("there is no option %s", s.Name)
	}
	return fmt.Errorf("option %s=%s: %w", s.Name, s.Value, e.err())
}

// Send sends a picture in NV12. Pictures are numbered from 0.
func (e *Encoder) Send(y []byte, yStride int, uv []byte, uvStride int, key bool) error {
	var force C.int
	if key {
		force = 1
	}
	rc := C.causeway_encoder_send(e.c,
		(*C.uint8_t)(unsafe.SliceData(y)), C.int(yStride), (*C.uint8_t)(unsafe.SliceData(uv)), C.int(uvStride), force)
	if rc != 0 {
		return e.err()
	}
	return nil
}

// Receive returns what came of a picture and the picture's number. It waits for
// it, and returns no data when there was nothing within that time. The data is
// valid until the next call.
func (e *Encoder) Receive(wait time.Duration) (data []byte, number int64, err error) {
	switch C.causeway_encoder_receive(e.c, C.int(wait.Microseconds())) {
	case 0:
		return nil, 0, nil
	case -1:
		return nil, 0, e.err()
	}
	p := e.c.packet
	if p.size < 0 || p.data == nil && p.size > 0 {
		return nil, 0, fmt.Errorf("a packet of %d bytes", p.size)
	}
	return unsafe.Slice((*byte)(p.data), p.size), int64(p.pts), nil
}

// Close frees the encoder.
func (e *Encoder) Close() {
	C.causeway_encoder_close(e.c)
	C.free(unsafe.Pointer(e.c))
}

func (e *Encoder) err() error { return errors.New(C.GoString(&e.c.message[0])) }
