//go:build !cgo || !(linux || darwin)

package ffmpeg

import (
	"errors"
	"fmt"
	"time"
)

// Missing says why this program can load no libraries, and is nil where it can.
func Missing() error {
	return fmt.Errorf("libavcodec is opened by C code, on Linux and macOS alone: build there with CGO_ENABLED=1: %w", errors.ErrUnsupported)
}

// Library is what the build with C loads.
type Library struct{}

// Load says why there is no library.
func Load() (*Library, error) { return nil, Missing() }

// LoadFiles says why there is no library.
func LoadFiles(Files) (*Library, error) { return nil, Missing() }

// Release is 0.
func (*Library) Release() int { return 0 }

// Close does nothing.
func (*Library) Close() {}

// Decoder is what the build with C opens.
type Decoder struct{}

// NewDecoder says why there is no decoder.
func NewDecoder(string) (*Decoder, error) { return nil, Missing() }

// Decode says why there is no decoder.
func (*Decoder) Decode([]byte, *Picture) (bool, error) { return false, Missing() }

// Close does nothing.
func (*Decoder) Close() {}

// Encoder is what the build with C opens.
type Encoder struct{}

// NewEncoder says why there is no encoder.
func (*Library) NewEncoder(EncoderOptions) (*Encoder, error) { return nil, Missing() }

// Set says why there is no encoder.
func (*Encoder) Set(Setting) error { return Missing() }

// Send says why there is no encoder.
func (*Encoder) Send([]byte, int, []byte, int, bool) error { return Missing() }

// Receive says why there is no encoder.
func (*Encoder) Receive(time.Duration) ([]byte, int64, error) { return nil, 0, Missing() }

// Close does nothing.
func (*Encoder) Close() {}
