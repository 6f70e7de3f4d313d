package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Type is what a packet is for, as its first byte says.
type Type byte

// The types of packets. On the wire an [Event] with bytes is another type,
// BINARY_EVENT.
const (
	Connect    Type = '0'
	Disconnect Type = '1'
	Event      Type = '2'
	Ack        Type = '3'
	Error      Type = '4'

	binaryEvent Type = '5'
	binaryAck   Type = '6'
)

// Packet is one packet.
type Packet struct {
	Type Type
	// Namespace is "/" for the default one.
	Namespace string
	// Name is an event's name.
	Name string
	// Arg is an event's first argument, or an error's value. Nil is none.
	Arg json.RawMessage
	// Binary are the bytes that placeholders in Arg stand for.
	Binary [][]byte
}

var (
	errSyntax = errors.New("socketio: malformed packet")
	errOrder  = errors.New("socketio: bytes that no packet has announced, or not those that it has")
)

// Text is the text message of p. The messages of its bytes follow it.
func (p *Packet) Text() []byte {
	b := make([]byte, 0, len(p.Name)+len(p.Arg)+32)
	if p.Type == Event && len(p.Binary) > 0 {
		b = append(strconv.AppendInt(append(b, byte(binaryEvent)), int64(len(p.Binary)), 10), '-')
	} else {
		b = append(b, byte(p.Type))
	}
	if p.Namespace != "" && p.Namespace != "/" {
		b = append(append(b, p.Namespace...), ',')
	}
	if p.Type != Event {
		return append(b, p.Arg...)
	}
	name, err := json.Marshal(p.Name)
	if err != nil {
		name = []byte(`""`) // a string always has a form
	}
	b = append(append(b, '['), name...)
	if len(p.Arg) > 0 {
		b = append(append(b, ','), p.Arg...)
	}
	return append(b, ']')
}

// Decoder puts packets together from messages. It is used from one goroutine.
type Decoder struct {
	// MaxBinary bounds the bytes' number for one packet. Zero allows none.
	MaxBinary int

	packet *Packet // waits for its bytes
	want   int
}

// Text reads a text message. The packet is nil while its bytes are to follow.
func (d *Decoder) Text(b []byte) (*Packet, error) {
	if d.packet != nil {
		return nil, errOrder
	}
	p, want, err := parse(b)
	if err != nil {
		return nil, err
	}
	if want > d.MaxBinary {
		return nil, fmt.Errorf("socketio: %d pieces of bytes are too many", want)
	}
	if want == 0 {
		return p, nil
	}
	if err := placed(p.Arg, want); err != nil {
		return nil, err
	}
	d.packet, d.want = p, want
	return nil, nil
}

// Binary reads a binary message, which it keeps. The packet is nil while more
// are to follow.
func (d *Decoder) Binary(b []byte) (*Packet, error) {
	if d.packet == nil {
		return nil, errOrder
	}
	d.packet.Binary = append(d.packet.Binary, b)
	if len(d.packet.Binary) < d.want {
		return nil, nil
	}
	p := d.packet
	d.packet = nil
	if p.Type != Event {
		p.Binary = nil // an acknowledgement's, which nobody asked for
	}
	return p, nil
}

// parse reads a text message, and how many binary ones it announces.
func parse(b []byte) (p *Packet, want int, err error) {
	if len(b) == 0 || !utf8.Valid(b) {
		return nil, 0, errSyntax
	}
	p = &Packet{Type: Type(b[0]), Namespace: "/"}
	b = b[1:]
	switch p.Type {
	case Connect, Disconnect, Event, Ack, Error:
	case binaryEvent, binaryAck:
		p.Type -= binaryEvent - Event
		number, rest, ok := bytes.Cut(b, []byte("-"))
		n, err := strconv.ParseUint(string(number[:min(len(number), 6)]), 10, 31)
		if !ok || err != nil || len(number) > 5 {
			return nil, 0, errSyntax
		}
		want, b = int(n), rest
	default:
		return nil, 0, errSyntax
	}
	if len(b) > 0 && b[0] == '/' {
		name, rest, _ := bytes.Cut(b, []byte(","))
		p.Namespace, b = string(name), rest
	}
	if p.Type == Event || p.Type == Ack {
		b = bytes.TrimLeft(b, "0123456789") // the number of an acknowledgement
	}
	return p, want, p.parseArg(b)
}

// parseArg reads what follows a packet's head.
func (p *Packet) parseArg(b []byte) error {
	if p.Type != Event {
		if p.Type == Error && json.Valid(b) {
			p.Arg = bytes.Clone(b)
		}
		return nil // nothing else is said that way
	}
	var args []json.RawMessage
	if json.Unmarshal(b, &args) != nil || len(args) == 0 || args[0][0] != '"' || json.Unmarshal(args[0], &p.Name) != nil {
		return errSyntax
	}
	if len(args) > 1 {
		p.Arg = args[1]
	}
	return nil
}

// placed is nil when all placeholders in arg are of n pieces of bytes. Some
// clients end the connection when one is not.
func placed(arg json.RawMessage, n int) error {
	var v any
	if len(arg) > 0 && json.Unmarshal(arg, &v) != nil {
		return errSyntax
	}
	if !inRange(v, n) {
		return errOrder
	}
	return nil
}

func inRange(v any, n int) bool {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if !inRange(x, n) {
				return false
			}
		}
	case map[string]any:
		if p, ok := v["_placeholder"]; ok && p != false && p != nil {
			num, ok := v["num"].(float64)
			return ok && num >= 0 && num < float64(n) && num == float64(int(num))
		}
		for _, x := range v {
			if !inRange(x, n) {
				return false
			}
		}
	}
	return true
}
