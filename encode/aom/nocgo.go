//go:build !cgo

package aom

import (
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

func errMissing() error {
	return fmt.Errorf("built without C and thus without libaom: build with CGO_ENABLED=1: %w", errors.ErrUnsupported)
}

func probe() error { return errMissing() }

// nativeEncoder and nativeDecoder are what the build with libaom keeps.
type (
	nativeEncoder struct{}
	nativeDecoder struct{}
)

func openEncoder(encode.Params, settings, bool) (*nativeEncoder, error) { return nil, errMissing() }

func (*nativeEncoder) encode(*capture.Frame, bool, bool) ([]byte, error) { return nil, errMissing() }

func (*nativeEncoder) setBitrate(int) error { return errMissing() }

func (*nativeEncoder) close() {}

func openDecoder() (*nativeDecoder, error) { return nil, errMissing() }

func (*nativeDecoder) decode([]byte, *capture.Frame) (bool, error) { return false, errMissing() }

func (*nativeDecoder) close() {}
