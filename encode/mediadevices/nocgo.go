//go:build !cgo

package mediadevices

import (
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/encode"
)

func probeOpenH264() error {
	return fmt.Errorf("built without C and thus without OpenH264: build with CGO_ENABLED=1: %w", errors.ErrUnsupported)
}

func openOpenH264(encode.Params) (encode.Encoder, error) { return nil, probeOpenH264() }
