package values

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Frame is a message of a data channel: bytes, or UTF-8 text.
type Frame struct {
	Data []byte
	Text bool
}

// Serializer turns the values of one connection into frames and back. Pack and
// Unpack are each called from one goroutine at a time, but both may be at once.
type Serializer interface {
	// Pack returns the frames that carry v, in order. What the serializer does
	// not carry is an error that wraps [errors.ErrUnsupported].
	Pack(v any) ([]Frame, error)
	// Unpack takes the next frame, which is its own from then on, and returns
	// the values that it completes. An error ends the connection.
	Unpack(f Frame) ([]any, error)
}

// Raw leaves strings and bytes as they are, and carries nothing else.
type Raw struct{}

// Pack is that of [Serializer].
func (Raw) Pack(v any) ([]Frame, error) {
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("%w: a string that is no UTF-8", errors.ErrUnsupported)
		}
		return []Frame{{Data: []byte(v), Text: true}}, nil
	case []byte:
		return []Frame{{Data: v}}, nil
	}
	return nil, fmt.Errorf("%w: a value of type %T; raw connections carry strings and bytes", errors.ErrUnsupported, v)
}

// Unpack is that of [Serializer].
func (Raw) Unpack(f Frame) ([]any, error) {
	if f.Text {
		return []any{string(f.Data)}, nil
	}
	return []any{f.Data}, nil
}

// MarshalJSON is v as JSON as JavaScript writes it: < is left as it is.
func MarshalJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON reads one value.
func UnmarshalJSON(b []byte) (any, error) {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, fmt.Errorf("malformed JSON: %w", err)
	}
	return v, nil
}
