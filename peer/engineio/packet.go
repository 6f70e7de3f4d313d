package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"unicode/utf8"
)

// Message is what a session carries: UTF-8 text, or bytes.
type Message struct {
	Binary bool
	Data   []byte
}

// kind is what a packet is for.
type kind byte

const (
	kindOpen kind = iota
	kindClose
	kindPing
	kindPong
	kindMessage
	kindUpgrade
	kindNoop
)

// packet is the unit of the protocol.
type packet struct {
	kind kind
	Message
}

// maxDigits is how long a length may be written.
const maxDigits = 10

var errSyntax = errors.New("engineio: malformed packet")

// parseText reads a packet of text, which may be bytes in base64.
func parseText(b []byte) (packet, error) {
	encoded := len(b) > 0 && b[0] == 'b'
	if encoded {
		b = b[1:]
	}
	if len(b) == 0 || b[0] < '0' || b[0] > '0'+byte(kindNoop) || !utf8.Valid(b) {
		return packet{}, errSyntax
	}
	p := packet{kind(b[0] - '0'), Message{encoded, b[1:]}}
	if encoded {
		data, err := base64.StdEncoding.DecodeString(string(p.Data))
		if err != nil {
			return packet{}, errSyntax
		}
		p.Data = data
	}
	return p, nil
}

// parseBinary reads a packet of bytes.
func parseBinary(b []byte) (packet, error) {
	if len(b) == 0 || b[0] > byte(kindNoop) {
		return packet{}, errSyntax
	}
	return packet{kind(b[0]), Message{true, b[1:]}}, nil
}

// appendText appends p as text, bytes in base64.
func (p packet) appendText(b []byte) []byte {
	if p.Binary {
		return base64.StdEncoding.AppendEncode(append(b, 'b', '0'+byte(p.kind)), p.Data)
	}
	return append(append(b, '0'+byte(p.kind)), p.Data...)
}

// appendBinary appends p as a WebSocket's binary message.
func (p packet) appendBinary(b []byte) []byte { return append(append(b, byte(p.kind)), p.Data...) }

// parsePayload reads the body of a POST.
func parsePayload(b []byte, binary bool) ([]packet, error) {
	next := nextText
	if binary {
		next = nextBinary
	}
	var all []packet
	for len(b) > 0 {
		p, rest, err := next(b)
		if err != nil {
			return nil, err
		}
		all, b = append(all, p), rest
	}
	return all, nil
}

// nextText reads a packet of a text payload: its length, a colon, and itself.
func nextText(b []byte) (p packet, rest []byte, err error) {
	colon := bytes.IndexByte(b[:min(len(b), maxDigits+1)], ':')
	if colon < 1 {
		return packet{}, nil, errSyntax
	}
	units, err := strconv.ParseUint(string(b[:colon]), 10, 32)
	if err != nil {
		return packet{}, nil, errSyntax
	}
	b = b[colon+1:]
	end, ok := unitsEnd(b, int(units))
	if !ok {
		return packet{}, nil, errSyntax
	}
	p, err = parseText(b[:end])
	return p, b[end:], err
}

// unitsEnd is the index in b behind as many UTF-16 code units, and false when
// there are not so many or one is half a character.
func unitsEnd(b []byte, units int) (int, bool) {
	i := 0
	for units > 0 && i < len(b) {
		if b[i] < utf8.RuneSelf {
			i, units = i+1, units-1
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		i, units = i+size, units-unitsOf(r)
	}
	return i, units == 0
}

// unitsOf is how many UTF-16 code units r takes.
func unitsOf(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}

// nextBinary reads a packet of a binary payload: 0 for text or 1 for bytes,
// the digits of its length in bytes, 255, and itself.
func nextBinary(b []byte) (p packet, rest []byte, err error) {
	end := bytes.IndexByte(b[:min(len(b), maxDigits+2)], 0xff)
	if end < 2 || b[0] > 1 {
		return packet{}, nil, errSyntax
	}
	n := 0
	for _, digit := range b[1:end] {
		if digit > 9 {
			return packet{}, nil, errSyntax
		}
		n = 10*n + int(digit)
	}
	text := b[0] == 0
	if b = b[end+1:]; n > len(b) {
		return packet{}, nil, errSyntax
	}
	if text {
		p, err = parseText(b[:n])
	} else {
		p, err = parseBinary(b[:n])
	}
	return p, b[n:], err
}

// appendPayload appends packets as the answer to a GET, and is true for a
// binary payload. With b64 it never is.
func appendPayload(b []byte, packets []packet, b64 bool) ([]byte, bool) {
	binary := false
	for _, p := range packets {
		binary = binary || p.Binary && !b64
	}
	for _, p := range packets {
		if !binary {
			text := p.appendText(nil)
			b = append(append(strconv.AppendInt(b, int64(units(text)), 10), ':'), text...)
			continue
		}
		what := byte(0)
		if p.Binary {
			what = 1
		}
		b = append(b, what)
		for _, digit := range strconv.Itoa(1 + len(p.Data)) {
			b = append(b, byte(digit-'0'))
		}
		b = append(b, 0xff)
		if p.Binary {
			b = p.appendBinary(b)
		} else {
			b = p.appendText(b)
		}
	}
	return b, binary
}

// units is how many UTF-16 code units b has.
func units(b []byte) (n int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i, n = i+1, n+1
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		i, n = i+size, n+unitsOf(r)
	}
	return n
}
