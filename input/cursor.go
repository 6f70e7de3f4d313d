package input

import (
	"encoding/binary"
	"fmt"
)

// MaxCursorPNG is the length of the largest image of a pointer's shape, in
// bytes: what a message has room for. 64 by 64 pixels always fit.
const MaxCursorPNG = MaxMessage - 6

// AppendCursorShape appends to b the message that tells a viewer how the
// host's pointer looks: a PNG image of at most [MaxCursorPNG] bytes, and the
// pixel in it that points. An empty image is a pointer that cannot be seen.
func AppendCursorShape(b []byte, hotX, hotY uint16, png []byte) []byte {
	b = append(b, kindCursorShape, 0)
	b = binary.BigEndian.AppendUint16(b, hotX)
	b = binary.BigEndian.AppendUint16(b, hotY)
	return append(b, png...)
}

// ParseCursorShape reads what [AppendCursorShape] wrote. The image is a part
// of b.
func ParseCursorShape(b []byte) (hotX, hotY uint16, png []byte, err error) {
	if len(b) < 6 || len(b) > MaxMessage || b[0] != kindCursorShape || b[1] != 0 {
		return 0, 0, nil, fmt.Errorf("input: pointer shape: %w", ErrMalformed)
	}
	return binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[4:]), b[6:], nil
}

// AppendCursorPosition appends to b the message that tells a viewer where the
// host's pointer is, as fractions of the picture. The sequence number grows by
// one with each and wraps, so that the viewer can drop what arrives late.
func AppendCursorPosition(b []byte, visible bool, seq, x, y uint16) []byte {
	return appendPoint(append(b, kindCursorPosition, flag(visible, flagVisible)), seq, x, y)
}

// ParseCursorPosition reads what [AppendCursorPosition] wrote.
func ParseCursorPosition(b []byte) (visible bool, seq, x, y uint16, err error) {
	if len(b) != 8 || b[0] != kindCursorPosition || b[1]&^flagVisible != 0 {
		return false, 0, 0, 0, fmt.Errorf("input: pointer position: %w", ErrMalformed)
	}
	seq, x, y = point(b[2:])
	return b[1]&flagVisible != 0, seq, x, y, nil
}
