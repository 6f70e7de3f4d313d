package binarypack

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrSyntax is wrapped by every error of [Decode], [Unmarshal] and
// [Assembler.Add] that is due to what the other end sent.
var ErrSyntax = errors.New("malformed BinaryPack")

var (
	errTruncated = fmt.Errorf("binarypack: %w: it ends within a value", ErrSyntax)
	errDepth     = fmt.Errorf("binarypack: %w: nested too deep", ErrSyntax)
	errMany      = fmt.Errorf("binarypack: %w: too many values", ErrSyntax)
)

// Decoder says what a message may be. The zero value accepts what all of the
// original's versions send, and is ready to use. A Decoder has no state.
type Decoder struct {
	// MaxDepth is how deep arrays and maps may be nested. Zero means
	// [MaxDepth].
	MaxDepth int
	// MaxValues is how many values a message may have in all, those of
	// arrays and both keys and values of maps included. Zero means 2^20.
	MaxValues int
	// ShortStrings reads strings as versions before 1.0, SkyWay's among them,
	// write them: those of up to 600 UTF-16 units have a length that counts six
	// bytes for each character of four, and are so much shorter. Characters in
	// two halves of three bytes are read, too; see [Encoder].
	ShortStrings bool
}

// Unmarshal returns the value that b holds and nothing else. Each []byte in it
// is a part of b, not a copy: who goes on to use b must copy first.
func Unmarshal(b []byte) (any, error) { return Decoder{}.Unmarshal(b) }

// Decode returns the first value in b and what follows it. Each []byte in the
// value is a part of b, as in [Unmarshal].
func Decode(b []byte) (v any, rest []byte, err error) { return Decoder{}.Decode(b) }

// Unmarshal is [Unmarshal] within the bounds of d.
func (d Decoder) Unmarshal(b []byte) (any, error) {
	v, rest, err := d.Decode(b)
	if err == nil && len(rest) > 0 {
		return nil, fmt.Errorf("binarypack: %w: %d bytes follow the value", ErrSyntax, len(rest))
	}
	return v, err
}

// Decode is [Decode] within the bounds of d.
func (d Decoder) Decode(b []byte) (v any, rest []byte, err error) {
	if d.MaxDepth <= 0 {
		d.MaxDepth = MaxDepth
	}
	if d.MaxValues <= 0 {
		d.MaxValues = 1 << 20
	}
	r := reader{b: b, depth: d.MaxDepth, values: min(d.MaxValues, len(b)) - 1, short: d.ShortStrings}
	if v, err = r.value(); err != nil {
		return nil, nil, err
	}
	return v, r.b, nil
}

// reader takes values off the front of b.
type reader struct {
	b      []byte
	depth  int
	values int // how many more there may be; promised ones are taken off
	short  bool
}

// take returns the next n bytes.
func (r *reader) take(n int) ([]byte, error) {
	if n > len(r.b) {
		return nil, errTruncated
	}
	// Without a capacity, appending to a value would overwrite the next one.
	taken := r.b[:n:n]
	r.b = r.b[n:]
	return taken, nil
}

// number takes a big-endian number of size bytes.
func (r *reader) number(size int) (uint64, error) {
	b, err := r.take(size)
	if err != nil {
		return 0, err
	}
	var n uint64
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	return n, nil
}

func (r *reader) value() (any, error) {
	if len(r.b) == 0 {
		return nil, errTruncated
	}
	tag := r.b[0]
	r.b = r.b[1:]
	switch {
	case tag < tagMap:
		return int64(tag), nil
	case tag >= tagNegative:
		return int64(int8(tag)), nil
	case tag < tagArray:
		return r.mapping(uint64(tag & 0xf))
	case tag < tagBinary:
		return r.array(uint64(tag & 0xf))
	case tag < tagString:
		return r.binary(uint64(tag & 0xf))
	case tag < tagNull:
		return r.text(uint64(tag & 0xf))
	case tag >= tagString16:
		return r.long(tag)
	}
	return r.scalar(tag)
}

// long takes the rest of a value whose length follows its tag.
func (r *reader) long(tag byte) (any, error) {
	n, err := r.number(2 << (tag & 1))
	if err != nil {
		return nil, err
	}
	switch tag {
	case tagString16, tagString32:
		return r.text(n)
	case tagBinary16, tagBinary32:
		return r.binary(n)
	case tagArray16, tagArray32:
		return r.array(n)
	}
	return r.mapping(n)
}

// scalar takes the rest of a value of fixed size.
func (r *reader) scalar(tag byte) (any, error) {
	switch {
	case tag == tagNull, tag == tagUndefined, tag >= tagReserved4 && tag <= tagReserved7:
		return nil, nil
	case tag == tagFalse, tag == tagTrue:
		return tag == tagTrue, nil
	case tag < tagFloat32:
		return nil, fmt.Errorf("binarypack: %w: unknown type %#x", ErrSyntax, tag)
	}
	size := 1 << (tag & 3) // of the integers
	switch tag {
	case tagFloat32:
		size = 4
	case tagFloat64:
		size = 8
	}
	n, err := r.number(size)
	if err != nil {
		return nil, err
	}
	switch tag {
	case tagFloat32:
		return float64(math.Float32frombits(uint32(n))), nil
	case tagFloat64:
		return math.Float64frombits(n), nil
	case tagInt8:
		return int64(int8(n)), nil
	case tagInt16:
		return int64(int16(n)), nil
	case tagInt32:
		return int64(int32(n)), nil
	case tagUint64:
		if n > math.MaxInt64 {
			return n, nil
		}
	}
	return int64(n), nil
}

func (r *reader) binary(n uint64) (any, error) {
	if n > uint64(len(r.b)) {
		return nil, errTruncated
	}
	return r.take(int(n))
}

func (r *reader) text(n uint64) (any, error) {
	if r.short {
		n = min(shortened(r.b, n), uint64(len(r.b))) // some are cut off by the end
	}
	if n > uint64(len(r.b)) {
		return nil, errTruncated
	}
	b, err := r.take(int(n))
	if err != nil {
		return nil, err
	}
	switch {
	case utf8.Valid(b):
		return string(b), nil
	case r.short:
		return fromHalves(b), nil
	}
	return strings.ToValidUTF8(string(b), "\ufffd"), nil
}

// enter counts n values, and one level, before room is made for them.
func (r *reader) enter(n uint64) error {
	switch {
	case n > uint64(len(r.b)):
		return errTruncated
	case n > uint64(r.values):
		return errMany
	case r.depth == 0:
		return errDepth
	}
	r.values -= int(n)
	r.depth--
	return nil
}

func (r *reader) array(n uint64) (any, error) {
	if err := r.enter(n); err != nil {
		return nil, err
	}
	array := make([]any, n)
	for i := range array {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		array[i] = v
	}
	r.depth++
	return array, nil
}

func (r *reader) mapping(n uint64) (any, error) {
	if err := r.enter(2 * n); err != nil {
		return nil, err
	}
	m := make(map[string]any, n)
	for range n {
		key, err := r.value()
		if err != nil {
			return nil, err
		}
		name, err := keyString(key)
		if err != nil {
			return nil, err
		}
		if m[name], err = r.value(); err != nil {
			return nil, err
		}
	}
	r.depth++
	return m, nil
}

// keyString is the name that JavaScript gives to a property for a key.
func keyString(key any) (string, error) {
	switch k := key.(type) {
	case string:
		return k, nil
	case int64:
		return strconv.FormatInt(k, 10), nil
	case uint64:
		return strconv.FormatUint(k, 10), nil
	case bool:
		return strconv.FormatBool(k), nil
	}
	return "", fmt.Errorf("binarypack: %w: a map's key is a %T", ErrSyntax, key)
}
