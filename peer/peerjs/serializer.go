package peerjs

import (
	"errors"
	"fmt"
	"maps"

	"github.com/causeway-rtc/causeway/peer/binarypack"
	"github.com/causeway-rtc/causeway/peer/msgpack"
	"github.com/causeway-rtc/causeway/peer/values"
)

// The names of the serializations.
const (
	// Binary is BinaryPack, with chunks for what is long; see package
	// binarypack for its values. It is the default.
	Binary = "binary"
	// BinaryUTF8 is the same, under another name.
	BinaryUTF8 = "binary-utf8"
	// JSON carries what package encoding/json does, up to 16 kB.
	JSON = "json"
	// Raw carries strings and bytes as they are. None is what it was called
	// before 1.5.
	Raw  = "raw"
	None = "none"
	// MsgPack is that of MsgPackPeer; see package msgpack for its values.
	MsgPack = "MsgPack"
)

// maxJSON is how long a value may be as JSON, in bytes: the original's limit.
const maxJSON = binarypack.MTU

// msgPackPiece is how much of a value a message of MsgPack carries.
const msgPackPiece = 32 << 10

// Frame is a message of a data channel: bytes, or UTF-8 text.
type Frame = values.Frame

// Serializer turns the values of one connection into frames and back. An error
// of Unpack that is [ErrHungUp] says that the other peer asks to close.
type Serializer interface {
	values.Serializer
	// Goodbye is the frames that ask the other peer to close, nil if there
	// are none.
	Goodbye() []Frame
}

// SerializerOptions is what a [Serializer] is made for.
type SerializerOptions struct {
	// MaxValue bounds a value that is received, and what waits, in bytes.
	MaxValue int
	// Legacy is true when the other peer is of a version before 1.5. It is
	// known when the connection is open.
	Legacy func() bool
}

// serializers are those that every peer has.
var serializers = map[string]func(SerializerOptions) Serializer{
	Binary:     newBinary,
	BinaryUTF8: newBinary,
	JSON:       newJSON,
	Raw:        newRaw,
	None:       newRaw,
	MsgPack:    newMsgPack,
}

func withSerializers(more map[string]func(SerializerOptions) Serializer) map[string]func(SerializerOptions) Serializer {
	all := maps.Clone(serializers)
	maps.Copy(all, more)
	return all
}

var errText = fmt.Errorf("%w: text", errors.ErrUnsupported)

// binary is BinaryPack.
type binary struct {
	o         SerializerOptions
	values    uint32                // sent in chunks
	assembler *binarypack.Assembler // nil before the first frame
}

func newBinary(o SerializerOptions) Serializer { return &binary{o: o} }

func (s *binary) Pack(v any) ([]Frame, error) {
	packed, err := binarypack.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(packed) > binarypack.MTU {
		s.values++
	}
	if s.values == 0 {
		s.values = 1 // an id of 0 is none
	}
	var frames []Frame
	for _, m := range binarypack.Split(packed, s.values) {
		frames = append(frames, Frame{Data: m})
	}
	return frames, nil
}

func (s *binary) Unpack(f Frame) ([]any, error) {
	if f.Text {
		return nil, errText
	}
	if s.assembler == nil {
		// Versions before 1.5 get the length of a string wrong that has
		// characters beyond the BMP.
		decoder := binarypack.Decoder{ShortStrings: s.o.Legacy()}
		s.assembler = binarypack.NewAssembler(binarypack.AssemblerOptions{MaxBytes: s.o.MaxValue, Decoder: decoder})
	}
	v, ok, err := s.assembler.Add(f.Data)
	switch {
	case errors.Is(err, binarypack.ErrClose):
		return nil, ErrHungUp
	case err != nil || !ok:
		return nil, err
	}
	return []any{v}, nil
}

func (*binary) Goodbye() []Frame { return []Frame{{Data: binarypack.CloseMessage()}} }

// jsonText is JSON: version 1.5 sends and takes bytes, those before text.
type jsonText struct{ legacy func() bool }

func newJSON(o SerializerOptions) Serializer { return &jsonText{o.Legacy} }

func (s *jsonText) Pack(v any) ([]Frame, error) {
	text, err := values.MarshalJSON(v)
	if err != nil {
		return nil, err
	}
	if len(text) >= maxJSON && !s.legacy() {
		return nil, &Error{Type: MessageTooBig, Message: fmt.Sprintf("a value of %d bytes as JSON; the limit is %d", len(text), maxJSON)}
	}
	return []Frame{{Data: text, Text: s.legacy()}}, nil
}

func (s *jsonText) Unpack(f Frame) ([]any, error) {
	v, err := values.UnmarshalJSON(f.Data)
	if err != nil {
		return nil, err
	}
	if m, ok := v.(map[string]any); ok && isGoodbye(m) {
		return nil, ErrHungUp
	}
	return []any{v}, nil
}

// isGoodbye is true for {__peerData: {type: "close"}}.
func isGoodbye(m map[string]any) bool {
	inner, ok := m["__peerData"].(map[string]any)
	return ok && inner["type"] == "close"
}

func (s *jsonText) Goodbye() []Frame {
	return []Frame{{Data: []byte(`{"__peerData":{"type":"close"}}`), Text: s.legacy()}}
}

// raw leaves everything as it is.
type raw struct{ values.Raw }

func newRaw(SerializerOptions) Serializer { return raw{} }

func (raw) Goodbye() []Frame { return nil }

// msgPack is a stream of MessagePack in pieces.
type msgPack struct{ stream msgpack.Stream }

func newMsgPack(o SerializerOptions) Serializer {
	return &msgPack{stream: msgpack.Stream{MaxBytes: o.MaxValue}}
}

func (s *msgPack) Pack(v any) ([]Frame, error) {
	packed, err := msgpack.Marshal(v)
	if err != nil {
		return nil, err
	}
	var frames []Frame
	for len(packed) > 0 {
		n := min(len(packed), msgPackPiece)
		frames = append(frames, Frame{Data: packed[:n]})
		packed = packed[n:]
	}
	return frames, nil
}

func (s *msgPack) Unpack(f Frame) ([]any, error) {
	if f.Text {
		return nil, errText
	}
	values, err := s.stream.Add(f.Data)
	for i, v := range values {
		if m, ok := v.(map[string]any); ok && isGoodbye(m) {
			return values[:i], ErrHungUp
		}
	}
	return values, err
}

func (s *msgPack) Goodbye() []Frame {
	frames, err := s.Pack(map[string]any{"__peerData": map[string]any{"type": "close"}})
	if err != nil {
		return nil
	}
	return frames
}
