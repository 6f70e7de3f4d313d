//go:build cgo && (linux || darwin)

package avcodec

// #cgo linux LDFLAGS: -ldl
// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"github.com/causeway-rtc/causeway/capture"
)

// load opens the newest release of FFmpeg that this machine has. Each decoder
// does so anew: the dynamic linker keeps count, and it is cheap from the second
// time on. The result is in C memory and lives until freed.
func load() (*C.causeway_av, error) {
	var missing []string
	av := (*C.causeway_av)(C.calloc(1, C.sizeof_causeway_av))
	for _, r := range releases() {
		what := try(av, r)
		if what == "" {
			return av, nil
		}
		missing = append(missing, fmt.Sprintf("FFmpeg %s: no %s", r.ffmpeg, what))
	}
	C.free(unsafe.Pointer(av))
	return nil, fmt.Errorf("no libavcodec that fits (%s); %s: %w", strings.Join(missing, "; "), hint, errors.ErrUnsupported)
}

// try loads one release into av and returns what it lacks.
func try(av *C.causeway_av, r release) (missing string) {
	util, codec := C.CString(libraryName("avutil", r.avutil)), C.CString(libraryName("avcodec", r.avcodec))
	defer C.free(unsafe.Pointer(util))
	defer C.free(unsafe.Pointer(codec))
	if what := C.causeway_av_load(av, util, codec); what != nil {
		return C.GoString(what)
	}
	return ""
}

func probe() error {
	n, err := open("h264")
	if err != nil {
		return err
	}
	n.close()
	return nil
}

// native is a decoder in C memory.
type native struct {
	c  *C.causeway_decoder
	av *C.causeway_av
}

// open opens FFmpeg's decoder of that name.
func open(name string) (*native, error) {
	av, err := load()
	if err != nil {
		return nil, err
	}
	n := &native{(*C.causeway_decoder)(C.calloc(1, C.sizeof_causeway_decoder)), av}
	n.c.av = av
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	if C.causeway_decoder_open(n.c, s) != 0 {
		defer n.close()
		return nil, fmt.Errorf("decoder %s: %w", name, n.err())
	}
	return n, nil
}

// decode decodes data, which is not empty. When ok, f's size and planes are
// those of the picture, in the format that FFmpeg numbers so, until the next
// call.
func (n *native) decode(data []byte, f *capture.Frame) (format int, ok bool, err error) {
	switch C.causeway_decode(n.c, (*C.uint8_t)(unsafe.SliceData(data)), C.int(len(data))) {
	case 0:
		return 0, false, nil
	case -1:
		return 0, false, n.err()
	}
	pic := n.c.frame
	f.Width, f.Height = int(pic.width), int(pic.height)
	for i := range f.Plane {
		w, h := f.Width, f.Height
		if i > 0 && pic.format != pixelYUV444P {
			w, h = (w+1)/2, (h+1)/2
		}
		f.Stride[i] = int(pic.linesize[i])
		f.Plane[i] = unsafe.Slice((*byte)(pic.data[i]), max(0, f.Stride[i]*(h-1)+w))
	}
	return int(pic.format), true, nil
}

func (n *native) close() {
	C.causeway_decoder_close(n.c)
	C.free(unsafe.Pointer(n.c))
	C.free(unsafe.Pointer(n.av))
}

func (n *native) err() error { return errors.New(C.GoString(&n.c.message[0])) }
