//go:build !cgo || !gpl

package x264

import (
	"errors"
	"fmt"
	"image"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// errMissing is why nothing here works. It is a function's, not a variable's,
// so that nobody can change it.
func errMissing() error {
	return fmt.Errorf("built without libx264: build with CGO_ENABLED=1 and -tags gpl (the binary is then under the GPL): %w", errors.ErrUnsupported)
}

func probe() error { return errMissing() }

// native is what the build with libx264 keeps of an encoder.
type native struct{}

func open(encode.Params, bool) (*native, error) { return nil, errMissing() }

func (*native) activity(*capture.Frame, int) (activity, error) { return activity{}, errMissing() }

func (*native) mark([]image.Rectangle) {}

func (*native) encode(*capture.Frame, image.Point, int, bool) ([]byte, bool, error) {
	return nil, false, errMissing()
}

func (*native) close() {}
