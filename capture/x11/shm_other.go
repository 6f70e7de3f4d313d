//go:build !linux

package x11

import (
	"errors"
	"fmt"
)

func mapShared(int) (id int, mem []byte, err error) {
	return 0, nil, fmt.Errorf("shared memory is used on Linux only: %w", errors.ErrUnsupported)
}

func unmapShared([]byte) {}
