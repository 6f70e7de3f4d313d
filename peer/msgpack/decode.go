package msgpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrSyntax is wrapped by every error that is due to what the other end sent.
var ErrSyntax = errors.New("malformed MessagePack")

var (
	errTruncated = fmt.Errorf("msgpack: %w: it ends within a value", ErrSyntax)
	errDepth     = fmt.Errorf("msgpack: %w: nested too deep", ErrSyntax)
	errMany      = fmt.Errorf("msgpack: %w: too many values", ErrSyntax)
	errUnknown   = fmt.Errorf("msgpack: %w: unknown type", ErrSyntax)
)

// Unmarshal returns the value that b holds and nothing else. Each []byte in it
// is a part of b.
func Unmarshal(b []byte) (any, error) {
	r := reader{b: b, depth: MaxDepth}
	v, err := r.value()
	if err == nil && len(r.b) > 0 {
		return nil, fmt.Errorf("msgpack: %w: %d bytes follow the value", ErrSyntax, len(r.b))
	}
	return v, err
}

// shape is what the first bytes of a value say of the rest.
type shape struct {
	head  int // bytes of the tag, the length, and an extension's type
	bytes int // that follow
	count int // of values that follow
}

// look reads the first bytes of b. ok is false while they have not all come.
func look(b []byte) (s shape, ok bool, err error) {
	if len(b) == 0 {
		return s, false, nil
	}
	tag := b[0]
	switch {
	case tag < tagFixMap || tag >= tagNegative || tag == tagNil || tag == tagFalse || tag == tagTrue:
		return shape{head: 1}, true, nil
	case tag < tagFixArray:
		return shape{head: 1, count: 2 * int(tag&0xf)}, true, nil
	case tag < tagFixString:
		return shape{head: 1, count: int(tag & 0xf)}, true, nil
	case tag < tagNil:
		return shape{head: 1, bytes: int(tag & 0x1f)}, true, nil
	case tag == tagNever:
		return s, false, errUnknown
	case tag >= tagFloat32 && tag <= tagFloat64:
		return shape{head: 1, bytes: 4 << (tag - tagFloat32)}, true, nil
	case tag >= tagUint8 && tag <= tagInt64:
		return shape{head: 1, bytes: 1 << (tag & 3)}, true, nil
	case tag >= tagFixExt1 && tag <= tagFixExt16:
		return shape{head: 2, bytes: 1 << (tag - tagFixExt1)}, len(b) >= 2, nil
	}
	return lookLong(b)
}

// lookLong is look for what has a length of its own.
func lookLong(b []byte) (s shape, ok bool, err error) {
	size, first := 0, byte(0)
	switch tag := b[0]; {
	case tag < tagExt8:
		first, size = tagBin8, 1<<(tag-tagBin8)
	case tag < tagFloat32:
		first, size = tagExt8, 1<<(tag-tagExt8)
	case tag < tagArray16:
		first, size = tagString8, 1<<(tag-tagString8)
	default:
		first, size = tagArray16, 2<<(tag&1)
	}
	s.head = 1 + size
	if first == tagExt8 {
		s.head++
	}
	if len(b) < s.head {
		return s, false, nil
	}
	var n uint64
	for _, x := range b[1 : 1+size] {
		n = n<<8 | uint64(x)
	}
	switch {
	case first != tagArray16:
		s.bytes = int(n)
	case b[0] < tagMap16:
		s.count = int(n)
	default:
		s.count = 2 * int(n)
	}
	return s, true, nil
}

// reader takes values off the front of b.
type reader struct {
	b     []byte
	depth int
}

func (r *reader) value() (any, error) {
	s, ok, err := look(r.b)
	if err != nil {
		return nil, err
	}
	// Each value takes a byte at least.
	if !ok || s.head+s.bytes+s.count > len(r.b) {
		return nil, errTruncated
	}
	head, data := r.b[:s.head], r.b[s.head:s.head+s.bytes:s.head+s.bytes]
	r.b = r.b[s.head+s.bytes:]
	switch tag := head[0]; {
	case tag < tagFixMap:
		return int64(tag), nil
	case tag >= tagNegative:
		return int64(int8(tag)), nil
	case tag < tagFixArray || tag >= tagMap16:
		return r.mapping(s.count / 2)
	case tag < tagFixString || tag >= tagArray16:
		return r.array(s.count)
	case tag < tagNil || tag >= tagString8:
		return text(data), nil
	case tag == tagNil:
		return nil, nil
	case tag <= tagTrue:
		return tag == tagTrue, nil
	case tag < tagExt8:
		return data, nil
	case tag < tagFloat32 || tag >= tagFixExt1:
		return extension(int8(head[len(head)-1]), data)
	default:
		return number(tag, data), nil
	}
}

func number(tag byte, data []byte) any {
	var n uint64
	for _, x := range data {
		n = n<<8 | uint64(x)
	}
	switch {
	case tag == tagFloat32:
		return float64(math.Float32frombits(uint32(n)))
	case tag == tagFloat64:
		return math.Float64frombits(n)
	case tag >= tagInt8:
		unused := 64 - 8*len(data)
		return int64(n<<unused) >> unused
	case n > math.MaxInt64:
		return n
	}
	return int64(n)
}

func text(b []byte) string {
	if !utf8.Valid(b) {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(b)
}

func extension(kind int8, data []byte) (any, error) {
	if kind != timestampType {
		return Extension{kind, data}, nil
	}
	var seconds, nanos uint64
	switch len(data) {
	case 4:
		seconds = uint64(binary.BigEndian.Uint32(data))
	case 8:
		both := binary.BigEndian.Uint64(data)
		seconds, nanos = both&(1<<34-1), both>>34
	case timestampNanos:
		nanos, seconds = uint64(binary.BigEndian.Uint32(data)), binary.BigEndian.Uint64(data[4:])
	default:
		return nil, fmt.Errorf("msgpack: %w: a timestamp of %d bytes", ErrSyntax, len(data))
	}
	if nanos >= 1e9 {
		return nil, fmt.Errorf("msgpack: %w: a timestamp of %d ns", ErrSyntax, nanos)
	}
	return time.Unix(int64(seconds), int64(nanos)).UTC(), nil
}

func (r *reader) array(n int) (any, error) {
	if r.depth == 0 {
		return nil, errDepth
	}
	r.depth--
	var array []any
	for range n { // grown as values come, not as they are claimed
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	r.depth++
	if array == nil {
		array = []any{}
	}
	return array, nil
}

func (r *reader) mapping(n int) (any, error) {
	if r.depth == 0 {
		return nil, errDepth
	}
	r.depth--
	m := map[string]any{}
	for range n {
		key, err := r.value()
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if k, number := key.(int64); number {
			name, ok = strconv.FormatInt(k, 10), true
		}
		if !ok {
			return nil, fmt.Errorf("msgpack: %w: a map's key is a %T", ErrSyntax, key)
		}
		if m[name], err = r.value(); err != nil {
			return nil, err
		}
	}
	r.depth++
	return m, nil
}
