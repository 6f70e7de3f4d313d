//go:build cgo && (linux || darwin)

package ffmpeg

// #cgo linux LDFLAGS: -ldl
// #include <stdlib.h>
// #include "ffmpeg.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// Missing says why this program can load no libraries, and is nil where it can.
func Missing() error { return nil }

// Library is the two libraries, loaded. What was loaded once stays in the
// process, so loading again is cheap.
type Library struct{ c *C.causeway_av }

// Load loads the newest release of FFmpeg that this machine has.
func Load() (*Library, error) {
	var missing []string
	for _, r := range releases() {
		l, err := LoadFiles(Files{libraryName("avutil", r.avutil), libraryName("avcodec", r.avcodec)})
		if err == nil {
			return l, nil
		}
		missing = append(missing, fmt.Sprintf("FFmpeg %s: %v", r.ffmpeg, err))
	}
	return nil, fmt.Errorf("no libavcodec that fits (%s); %s: %w", strings.Join(missing, "; "), hint, errors.ErrUnsupported)
}

// LoadFiles loads the libraries of these names. The error is what they lack.
func LoadFiles(f Files) (*Library, error) {
	util, codec := C.CString(f.AVUtil), C.CString(f.AVCodec)
	defer C.free(unsafe.Pointer(util))
	defer C.free(unsafe.Pointer(codec))
	l := &Library{(*C.causeway_av)(C.calloc(1, C.sizeof_causeway_av))}
	if C.causeway_av_load(l.c, util, codec) != 0 {
		defer l.Close()
		return nil, errors.New(C.GoString(&l.c.missing[0]))
	}
	return l, nil
}

// Release is the major version of libavcodec.
func (l *Library) Release() int { return int(l.c.layout.avcodec) }

// Close frees what was noted of the libraries, which nothing opened from them
// may outlive.
func (l *Library) Close() { C.free(unsafe.Pointer(l.c)) }
