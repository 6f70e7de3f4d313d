package skyway

import (
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/peer/binarypack"
	"github.com/causeway-rtc/causeway/peer/values"
)

// The names of the serializations.
const (
	// Binary is BinaryPack in chunks; see package binarypack for its values,
	// and [Blob]. It is the default.
	Binary = "binary"
	// BinaryUTF8 is the same, under another name.
	BinaryUTF8 = "binary-utf8"
	// JSON carries what package encoding/json does, up to 256 KiB.
	JSON = "json"
	// None carries strings and bytes as they are.
	None = "none"
)

// newSerializer makes the serializer of this name for one connection, or nil if
// there is none. It takes values of maxValue bytes at most.
func newSerializer(name string, maxValue int) values.Serializer {
	switch name {
	case Binary, BinaryUTF8:
		return &binary{chunks: newAssembler(maxValue)}
	case JSON:
		return jsonText{}
	case None:
		return values.Raw{}
	}
	return nil
}

// old is how the original's BinaryPack, which is of version 0.0.9, reads text.
var old = binarypack.Encoder{ShortStrings: true}

var errText = fmt.Errorf("%w: text", errors.ErrUnsupported)

// binary is BinaryPack in chunks.
type binary struct{ chunks *assembler }

func (s *binary) Pack(v any) ([]values.Frame, error) {
	m, v := describeValue(v)
	packed, err := old.Marshal(v)
	if err != nil {
		return nil, err
	}
	messages, err := split(m, packed)
	if err != nil {
		return nil, err
	}
	frames := make([]values.Frame, len(messages))
	for i, b := range messages {
		frames[i] = values.Frame{Data: b}
	}
	return frames, nil
}

func (s *binary) Unpack(f values.Frame) ([]any, error) {
	if f.Text {
		return nil, errText
	}
	v, ok, err := s.chunks.add(f.Data)
	if err != nil || !ok {
		return nil, err
	}
	return []any{v}, nil
}

// jsonText is JSON.
type jsonText struct{}

func (jsonText) Pack(v any) ([]values.Frame, error) {
	text, err := values.MarshalJSON(v)
	if err != nil {
		return nil, err
	}
	return []values.Frame{{Data: text, Text: true}}, nil
}

func (jsonText) Unpack(f values.Frame) ([]any, error) {
	v, err := values.UnmarshalJSON(f.Data)
	if err != nil {
		return nil, err
	}
	return []any{v}, nil
}
