package binarypack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and maps are nested at most, when written, and
// when read unless a [Decoder] says otherwise.
const MaxDepth = 64

// The first byte of a value. The small ones hold a number or a length in
// their low bits.
const (
	tagMap       = 0x80
	tagArray     = 0x90
	tagBinary    = 0xa0
	tagString    = 0xb0
	tagNull      = 0xc0
	tagUndefined = 0xc1
	tagFalse     = 0xc2
	tagTrue      = 0xc3
	tagFloat32   = 0xca
	tagFloat64   = 0xcb
	tagUint8     = 0xcc
	tagUint16    = 0xcd
	tagUint32    = 0xce
	tagUint64    = 0xcf
	tagInt8      = 0xd0
	tagInt16     = 0xd1
	tagInt32     = 0xd2
	tagInt64     = 0xd3
	tagReserved4 = 0xd4 // read as undefined, as are the next three
	tagReserved7 = 0xd7
	tagString16  = 0xd8
	tagString32  = 0xd9
	tagBinary16  = 0xda
	tagBinary32  = 0xdb
	tagArray16   = 0xdc
	tagArray32   = 0xdd
	tagMap16     = 0xde
	tagMap32     = 0xdf
	tagNegative  = 0xe0
)

var errNesting = fmt.Errorf("binarypack: %w: nested more than %d deep", errors.ErrUnsupported, MaxDepth)

// Encoder says for whom values are written. The zero value is what this
// package's functions use, and ready to use. An Encoder has no state.
type Encoder struct {
	// ShortStrings writes strings for readers of versions before 1.0, which
	// know no characters of four bytes: as halves of three bytes each (CESU-8).
	ShortStrings bool
}

// Marshal returns the wire form of v. See [Append], with which a sender of many
// values can go on using one buffer.
func Marshal(v any) ([]byte, error) { return Encoder{}.Marshal(v) }

// Marshal is [Marshal] as e says.
func (e Encoder) Marshal(v any) ([]byte, error) {
	values := 1 << 14
	return e.Append(make([]byte, 0, sizeHint(v, &values)), v)
}

// sizeHint is about how long the wire form of v is: strings and bytes are
// counted, everything else is taken for a number. It looks at no more values
// than there are left, since v may contain itself.
func sizeHint(v any, values *int) int {
	n := 9
	if *values--; *values <= 0 {
		return n
	}
	switch v := v.(type) {
	case string:
		n += len(v)
	case []byte:
		n += len(v)
	case []any:
		for i := 0; i < len(v) && *values > 0; i++ {
			n += sizeHint(v[i], values)
		}
	case map[string]any:
		for k, x := range v {
			if *values <= 0 {
				break
			}
			n += len(k) + 5 + sizeHint(x, values)
		}
	}
	return n
}

// Append appends the wire form of v to dst and returns the extended slice. The
// types that v may have are those of the package's table; keys of maps are
// written in order, so equal values have equal bytes. What has no wire form, and
// what is nested deeper than [MaxDepth], is an error that wraps
// [errors.ErrUnsupported]; dst is returned as it was.
func Append(dst []byte, v any) ([]byte, error) { return Encoder{}.Append(dst, v) }

// Append is [Append] as e says.
func (e Encoder) Append(dst []byte, v any) ([]byte, error) {
	out, err := e.value(dst, v, MaxDepth)
	if err != nil {
		return dst, err
	}
	return out, nil
}

func (e Encoder) value(dst []byte, v any, depth int) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, tagNull), nil
	case bool:
		if v {
			return append(dst, tagTrue), nil
		}
		return append(dst, tagFalse), nil
	case string:
		return e.text(dst, v)
	case float64:
		return appendFloat(dst, v)
	case float32:
		return appendFloat(dst, float64(v))
	case time.Time:
		return e.text(dst, dateString(v))
	case []any:
		return e.array(dst, v, depth)
	case map[string]any:
		return e.mapping(dst, v, depth)
	}
	if n, ok := signed(v); ok {
		return appendInt(dst, n), nil
	}
	if n, ok := unsigned(v); ok {
		return appendUint(dst, n), nil
	}
	return appendNumbers(dst, v)
}

// signed is the value of v if it is an integer with a sign.
func signed(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	}
	return 0, false
}

// unsigned is the value of v if it is an integer without a sign.
func unsigned(v any) (uint64, bool) {
	switch v := v.(type) {
	case uint:
		return uint64(v), true
	case uint8:
		return uint64(v), true
	case uint16:
		return uint64(v), true
	case uint32:
		return uint64(v), true
	case uint64:
		return v, true
	}
	return 0, false
}

func appendUint(dst []byte, n uint64) []byte {
	switch {
	case n < tagMap:
		return append(dst, byte(n))
	case n <= math.MaxUint8:
		return append(dst, tagUint8, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, tagUint16), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, tagUint32), uint32(n))
	case n <= math.MaxInt64:
		// The original prefers the signed form, although nothing needs it.
		return binary.BigEndian.AppendUint64(append(dst, tagInt64), n)
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

// minNormal is the least positive float64 that is not subnormal.
const minNormal = 0x1p-1022

func appendFloat(dst []byte, f float64) ([]byte, error) {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return nil, fmt.Errorf("binarypack: %w: the number %v", errors.ErrUnsupported, f)
	case math.Abs(f) < minNormal:
		return append(dst, 0), nil // the original reads every double 0 as 1e-308
	case f != math.Floor(f) || f < -0x1p63 || f >= 0x1p64:
		return binary.BigEndian.AppendUint64(append(dst, tagFloat64), math.Float64bits(f)), nil
	case f < 0x1p63:
		return appendInt(dst, int64(f)), nil
	}
	return appendUint(dst, uint64(f)), nil
}

func (e Encoder) text(dst []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if e.ShortStrings {
		s = inHalves(s)
	}
	dst, err := appendLength(dst, len(s), tagString, tagString16)
	return append(dst, s...), err
}

// inHalves is s with each character beyond the BMP as the two halves that
// JavaScript has of it.
func inHalves(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r > 0xffff }) {
		return s
	}
	b := make([]byte, 0, len(s)+len(s)/2)
	for _, r := range s {
		if r <= 0xffff {
			b = utf8.AppendRune(b, r)
			continue
		}
		high, low := utf16.EncodeRune(r)
		for _, half := range []rune{high, low} {
			b = append(b, 0xe0|byte(half>>12), 0x80|byte(half>>6)&0xbf, 0x80|byte(half)&0xbf)
		}
	}
	return string(b)
}

func (e Encoder) array(dst []byte, array []any, depth int) ([]byte, error) {
	if depth == 0 {
		return nil, errNesting
	}
	dst, err := appendLength(dst, len(array), tagArray, tagArray16)
	for _, v := range array {
		if err != nil {
			return nil, err
		}
		dst, err = e.value(dst, v, depth-1)
	}
	return dst, err
}

func (e Encoder) mapping(dst []byte, m map[string]any, depth int) ([]byte, error) {
	if depth == 0 {
		return nil, errNesting
	}
	dst, err := appendLength(dst, len(m), tagMap, tagMap16)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if err != nil {
			return nil, err
		}
		if dst, err = e.text(dst, k); err == nil {
			dst, err = e.value(dst, m[k], depth-1)
		}
	}
	return dst, err
}

// appendLength appends the first bytes of a value of n bytes or elements. The
// form with 32 bits follows that with 16.
func appendLength(dst []byte, n int, small, tag16 byte) ([]byte, error) {
	switch {
	case n < 0x10:
		return append(dst, small|byte(n)), nil
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, tag16), uint16(n)), nil
	case uint64(n) <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, tag16+1), uint32(n)), nil
	}
	return nil, fmt.Errorf("binarypack: %w: a length of %d", errors.ErrUnsupported, n)
}

// appendNumbers appends a slice of numbers as a typed array's bytes, which
// are little-endian on all machines that browsers run on.
func appendNumbers(dst []byte, v any) ([]byte, error) {
	if b, ok := v.([]byte); ok {
		dst, err := appendLength(dst, len(b), tagBinary, tagBinary16)
		return append(dst, b...), err
	}
	switch v.(type) {
	case []int8, []int16, []uint16, []int32, []uint32, []int64, []uint64, []float32, []float64:
		dst, err := appendLength(dst, binary.Size(v), tagBinary, tagBinary16)
		if err != nil {
			return nil, err
		}
		return binary.Append(dst, binary.LittleEndian, v)
	}
	return nil, fmt.Errorf("binarypack: %w: a value of type %T", errors.ErrUnsupported, v)
}

// dateString is t as ECMA-262 §21.4.4.41 writes it. What stands in parentheses
// is the implementation's choice, and nobody parses it.
func dateString(t time.Time) string {
	zone := t.Format("MST")
	if zone == "UTC" {
		zone = "Coordinated Universal Time"
	}
	return t.Format("Mon Jan 02 2006 15:04:05 GMT-0700") + " (" + zone + ")"
}
