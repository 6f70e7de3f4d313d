//go:build !cgo || !(linux || darwin)

package avcodec

import (
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/capture"
)

func errMissing() error {
	return fmt.Errorf("libavcodec is opened by C code, on Linux and macOS alone: build there with CGO_ENABLED=1: %w", errors.ErrUnsupported)
}

func probe() error { return errMissing() }

// native is what the build with C keeps of a decoder.
type native struct{}

func open(string) (*native, error) { return nil, errMissing() }

func (*native) decode([]byte, *capture.Frame) (format int, ok bool, err error) {
	return 0, false, errMissing()
}

func (*native) close() {}
