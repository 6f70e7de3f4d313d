package input

import (
	"errors"
	"fmt"
)

// MaxMessage is the length of the longest message, in bytes.
const MaxMessage = 16384

// ErrMalformed is wrapped by the error of a message that PROTOCOL.md does not
// allow. A viewer that sends one is broken or hostile.
var ErrMalformed = errors.New("malformed message")

var errShort = errors.New("cut short")

// The flags of several kinds.
const (
	flagDown    = 1 << 0
	flagAt      = 1 << 1
	flagVisible = 1 << 0
)

func flag(on bool, bit byte) byte {
	if on {
		return bit
	}
	return 0
}

// Append appends the wire form of e to b, and returns the extended slice. It
// does not check e: Parse does, on the other side. It panics on a nil e.
func Append(b []byte, e Event) []byte { return e.appendTo(b) }

// Parse returns the events of one message from a viewer. The message is
// refused whole, with an error that wraps [ErrMalformed], when any of it is
// not as PROTOCOL.md says. The events keep nothing of b.
func Parse(b []byte) ([]Event, error) { return parse(nil, b) }

// parse appends the events of b to dst, or nothing when b is malformed. The
// error quotes none of the content, which may be secret.
func parse(dst []Event, b []byte) ([]Event, error) {
	if len(b) == 0 || len(b) > MaxMessage {
		return dst, fmt.Errorf("input: %w: %d bytes", ErrMalformed, len(b))
	}
	before := len(dst)
	for len(b) > 0 {
		p := kinds[b[0]]
		if p == nil {
			return dst[:before], fmt.Errorf("input: %w: kind %#02x", ErrMalformed, b[0])
		}
		e, n, err := p(b[1:])
		if err != nil {
			return dst[:before], fmt.Errorf("input: %w: kind %#02x: %w", ErrMalformed, b[0], err)
		}
		dst, b = append(dst, e), b[1+n:]
	}
	return dst, nil
}
