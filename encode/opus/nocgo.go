//go:build !cgo

package opus

import (
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/encode"
)

func errMissing() error {
	return fmt.Errorf("built without C and thus without libopus: build with CGO_ENABLED=1: %w", errors.ErrUnsupported)
}

func probe() error { return errMissing() }

// nativeEncoder and nativeDecoder are what the build with libopus keeps.
type (
	nativeEncoder struct{}
	nativeDecoder struct{}
)

func openEncoder(encode.Params, layout) (*nativeEncoder, error) { return nil, errMissing() }

func (*nativeEncoder) encode([]byte, []int16, int) (int, error) { return 0, errMissing() }

func (*nativeEncoder) setBitrate(int) error { return errMissing() }

func (*nativeEncoder) close() {}

func openDecoder(encode.Params, layout) (*nativeDecoder, error) { return nil, errMissing() }

func (*nativeDecoder) decode([]int16, int, []byte) (int, error) { return 0, errMissing() }

func (*nativeDecoder) close() {}
