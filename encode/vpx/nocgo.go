//go:build !cgo

package vpx

import (
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

func errMissing() error {
	return fmt.Errorf("built without C and thus without libvpx: build with CGO_ENABLED=1: %w", errors.ErrUnsupported)
}

func probe() error { return errMissing() }

// nativeEncoder and nativeDecoder are what the build with libvpx keeps.
type (
	nativeEncoder struct{}
	nativeDecoder struct{}
)

func openEncoder(encode.Params, settings) (*nativeEncoder, error) { return nil, errMissing() }

func (*nativeEncoder) encode(*capture.Frame, bool, int) ([]byte, error) { return nil, errMissing() }

func (*nativeEncoder) setBitrate(int) error { return errMissing() }

func (*nativeEncoder) close() {}

func openDecoder(bool) (*nativeDecoder, error) { return nil, errMissing() }

func (*nativeDecoder) decode([]byte, *capture.Frame) (bool, error) { return false, errMissing() }

func (*nativeDecoder) close() {}
