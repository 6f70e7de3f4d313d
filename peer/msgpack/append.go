package msgpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and maps are nested at most.
const MaxDepth = 64

// The first byte of a value. Those of fixed kinds hold a number or a length in
// their low bits.
const (
	tagFixMap      = 0x80
	tagFixArray    = 0x90
	tagFixString   = 0xa0
	tagNil         = 0xc0
	tagNever       = 0xc1
	tagFalse       = 0xc2
	tagTrue        = 0xc3
	tagBin8        = 0xc4
	tagExt8        = 0xc7
	tagFloat32     = 0xca
	tagFloat64     = 0xcb
	tagUint8       = 0xcc
	tagUint16      = 0xcd
	tagUint32      = 0xce
	tagUint64      = 0xcf
	tagInt8        = 0xd0
	tagInt16       = 0xd1
	tagInt32       = 0xd2
	tagInt64       = 0xd3
	tagFixExt1     = 0xd4
	tagFixExt16    = 0xd8
	tagString8     = 0xd9
	tagArray16     = 0xdc
	tagMap16       = 0xde
	tagNegative    = 0xe0
	timestampType  = -1
	timestampNanos = 12 // the length of a timestamp that holds every time
)

// Extension is a value of an application's own type.
type Extension struct {
	Type int8
	Data []byte
}

// Marshal returns the wire form of v.
func Marshal(v any) ([]byte, error) { return Append(nil, v) }

// Append appends the wire form of v to dst and returns the extended slice. Keys
// of maps are written in order. What has no wire form, and what is nested deeper
// than [MaxDepth], is an error that wraps [errors.ErrUnsupported].
func Append(dst []byte, v any) ([]byte, error) {
	out, err := appendValue(dst, v, MaxDepth)
	if err != nil {
		return dst, err
	}
	return out, nil
}

func appendValue(dst []byte, v any, depth int) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, tagNil), nil
	case bool:
		if v {
			return append(dst, tagTrue), nil
		}
		return append(dst, tagFalse), nil
	case string:
		return appendString(dst, v), nil
	case []byte:
		return append(appendLength(dst, len(v), tagBin8), v...), nil
	case float32:
		return appendFloat(dst, float64(v)), nil
	case float64:
		return appendFloat(dst, v), nil
	case time.Time:
		return appendTime(dst, v), nil
	case Extension:
		return append(appendExtension(dst, len(v.Data), v.Type), v.Data...), nil
	case []any:
		return appendArray(dst, v, depth)
	case map[string]any:
		return appendMap(dst, v, depth)
	}
	return appendInteger(dst, v)
}

func appendInteger(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case int:
		return appendInt(dst, int64(v)), nil
	case int8:
		return appendInt(dst, int64(v)), nil
	case int16:
		return appendInt(dst, int64(v)), nil
	case int32:
		return appendInt(dst, int64(v)), nil
	case int64:
		return appendInt(dst, v), nil
	case uint:
		return appendUint(dst, uint64(v)), nil
	case uint8:
		return appendUint(dst, uint64(v)), nil
	case uint16:
		return appendUint(dst, uint64(v)), nil
	case uint32:
		return appendUint(dst, uint64(v)), nil
	case uint64:
		return appendUint(dst, v), nil
	}
	return nil, fmt.Errorf("msgpack: %w: a value of type %T", errors.ErrUnsupported, v)
}

func appendUint(dst []byte, n uint64) []byte {
	switch {
	case n < tagFixMap:
		return append(dst, byte(n))
	case n <= math.MaxUint8:
		return append(dst, tagUint8, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, tagUint16), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, tagUint32), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, tagUint64), n)
}

func appendInt(dst []byte, n int64) []byte {
	switch {
	case n >= 0:
		return appendUint(dst, uint64(n))
	case n >= -0x20:
		return append(dst, byte(n))
	case n >= math.MinInt8:
		return append(dst, tagInt8, byte(n))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(dst, tagInt16), uint16(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(dst, tagInt32), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, tagInt64), uint64(n))
}

// appendFloat writes what JavaScript holds for an integer as one.
func appendFloat(dst []byte, f float64) []byte {
	const safe = 1 << 53
	if f == math.Floor(f) && math.Abs(f) <= safe && (f != 0 || !math.Signbit(f)) {
		return appendInt(dst, int64(f))
	}
	return binary.BigEndian.AppendUint64(append(dst, tagFloat64), math.Float64bits(f))
}

func appendString(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if len(s) < 32 {
		return append(append(dst, tagFixString|byte(len(s))), s...)
	}
	return append(appendLength(dst, len(s), tagString8), s...)
}

// appendLength appends the first bytes of a value of n bytes, of which tag8
// has the form with a length of 8 bits, and the next two those with more.
func appendLength(dst []byte, n int, tag8 byte) []byte {
	switch {
	case n <= math.MaxUint8:
		return append(dst, tag8, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, tag8+1), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, tag8+2), uint32(n))
}

func appendExtension(dst []byte, n int, kind int8) []byte {
	switch n {
	case 1, 2, 4, 8, 16:
		tag := byte(tagFixExt1)
		for size := 1; size < n; size *= 2 {
			tag++
		}
		return append(dst, tag, byte(kind))
	}
	return append(appendLength(dst, n, tagExt8), byte(kind))
}

// appendTime appends the shortest timestamp that holds t.
func appendTime(dst []byte, t time.Time) []byte {
	seconds, nanos := t.Unix(), uint64(t.Nanosecond())
	switch {
	case seconds < 0 || seconds >= 1<<34:
		dst = appendExtension(dst, timestampNanos, timestampType)
		dst = binary.BigEndian.AppendUint32(dst, uint32(nanos))
		return binary.BigEndian.AppendUint64(dst, uint64(seconds))
	case nanos == 0 && seconds <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(appendExtension(dst, 4, timestampType), uint32(seconds))
	}
	return binary.BigEndian.AppendUint64(appendExtension(dst, 8, timestampType), nanos<<34|uint64(seconds))
}

// appendCount appends the first bytes of an array or a map of n elements.
func appendCount(dst []byte, n int, fixed, tag16 byte) []byte {
	switch {
	case n < 0x10:
		return append(dst, fixed|byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, tag16), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, tag16+1), uint32(n))
}

var errNesting = fmt.Errorf("msgpack: %w: nested more than %d deep", errors.ErrUnsupported, MaxDepth)

func appendArray(dst []byte, array []any, depth int) ([]byte, error) {
	if depth == 0 {
		return nil, errNesting
	}
	dst = appendCount(dst, len(array), tagFixArray, tagArray16)
	var err error
	for _, v := range array {
		if dst, err = appendValue(dst, v, depth-1); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func appendMap(dst []byte, m map[string]any, depth int) ([]byte, error) {
	if depth == 0 {
		return nil, errNesting
	}
	dst = appendCount(dst, len(m), tagFixMap, tagMap16)
	var err error
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if dst, err = appendValue(appendString(dst, k), m[k], depth-1); err != nil {
			return nil, err
		}
	}
	return dst, nil
}
