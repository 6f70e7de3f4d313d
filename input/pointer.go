package input

import (
	"encoding/binary"
	"fmt"
)

// Button is a button of the mouse going down or up.
type Button struct {
	// Button is numbered as X does: 1 left, 2 middle, 3 right, 8 back,
	// 9 forward. 4 to 7 are the wheel's, and no buttons.
	Button uint8
	Down   bool
	// X and Y are where, when At is true; else where the pointer is.
	At   bool
	X, Y uint16
	// Seq is the sequence number of the last pointer motion before it, so
	// that a motion which arrives later does not undo X and Y.
	Seq uint16
}

// Level is Mouse.
func (Button) Level() Level { return Mouse }

func (e Button) appendTo(b []byte) []byte {
	b = append(b, kindButton, flag(e.Down, flagDown)|flag(e.At, flagAt), e.Button)
	return appendPoint(b, e.Seq, e.X, e.Y)
}

func parseButton(b []byte) (Event, int, error) {
	if len(b) < 8 {
		return nil, 0, errShort
	}
	if b[0]&^(flagDown|flagAt) != 0 {
		return nil, 0, fmt.Errorf("button: flags %#x", b[0])
	}
	e := Button{Button: b[1], Down: b[0]&flagDown != 0, At: b[0]&flagAt != 0}
	switch e.Button {
	case 1, 2, 3, 8, 9:
	default:
		return nil, 0, fmt.Errorf("button: number %d", e.Button)
	}
	e.Seq, e.X, e.Y = point(b[2:])
	return e, 8, nil
}

// Wheel is a turn of the mouse wheel, in 1/120 of a notch: positive is down
// and right.
type Wheel struct{ DX, DY int16 }

// Level is Mouse.
func (Wheel) Level() Level { return Mouse }

func (e Wheel) appendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(append(b, kindWheel), uint16(e.DX))
	return binary.BigEndian.AppendUint16(b, uint16(e.DY))
}

func parseWheel(b []byte) (Event, int, error) {
	if len(b) < 4 {
		return nil, 0, errShort
	}
	return Wheel{DX: int16(binary.BigEndian.Uint16(b)), DY: int16(binary.BigEndian.Uint16(b[2:]))}, 4, nil
}

// Move puts the pointer somewhere.
type Move struct {
	// Seq grows by one with each Move or Motion, and wraps.
	Seq  uint16
	X, Y uint16
}

// Level is Mouse.
func (Move) Level() Level { return Mouse }

func (e Move) appendTo(b []byte) []byte { return appendPoint(append(b, kindMove), e.Seq, e.X, e.Y) }

func parseMove(b []byte) (Event, int, error) {
	if len(b) < 6 {
		return nil, 0, errShort
	}
	var e Move
	e.Seq, e.X, e.Y = point(b)
	return e, 6, nil
}

// Motion moves the pointer by some distance, as games want it. It is how the
// distance travels; an [Order] turns it into a [Nudge], and no [Injector]
// sees a Motion.
type Motion struct {
	// Seq grows by one with each Move or Motion, and wraps.
	Seq uint16
	// X and Y are the sums of all distances since the connection began, in
	// pixels, and wrap: a lost Motion is mended by the next.
	X, Y int32
}

// Level is Mouse.
func (Motion) Level() Level { return Mouse }

func (e Motion) appendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(append(b, kindMotion), e.Seq)
	b = binary.BigEndian.AppendUint32(b, uint32(e.X))
	return binary.BigEndian.AppendUint32(b, uint32(e.Y))
}

func parseMotion(b []byte) (Event, int, error) {
	if len(b) < 10 {
		return nil, 0, errShort
	}
	return Motion{
		Seq: binary.BigEndian.Uint16(b),
		X:   int32(binary.BigEndian.Uint32(b[2:])),
		Y:   int32(binary.BigEndian.Uint32(b[6:])),
	}, 10, nil
}

// Nudge moves the pointer by a distance in pixels, positive right and down.
// It is what an [Injector] gets in place of a [Motion] and never travels:
// [Append] appends nothing for it.
type Nudge struct{ DX, DY int32 }

// Level is Mouse.
func (Nudge) Level() Level { return Mouse }

func (Nudge) appendTo(b []byte) []byte { return b }

func appendPoint(b []byte, seq, x, y uint16) []byte {
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint16(b, x)
	return binary.BigEndian.AppendUint16(b, y)
}

// point reads what appendPoint wrote; b has at least six bytes.
func point(b []byte) (seq, x, y uint16) {
	return binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[4:])
}
