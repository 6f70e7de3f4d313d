package media

import (
	"errors"

	"github.com/causeway-rtc/causeway/encode"
)

// Bits of the aggregation header, the first byte of each payload (RTP Payload
// Format For AV1 §4.4).
const (
	av1Continues  = 0x80 // Z: the first unit began in the packet before
	av1Unfinished = 0x40 // Y: the last one ends in a later packet
	av1CountShift = 4    // W: how many there are, when all but the last have lengths
	av1CountMask  = 3
	av1First      = 0x08 // N: a key frame begins
)

// av1Payloader is the sending half of the RTP payload format of AV1. Each unit
// in a packet has its length before it (W is 0). It is pion's rtp.Payloader.
type av1Payloader struct{}

// Payload cuts a temporal unit into payloads of at most mtu bytes. Temporal
// delimiters and tile lists are left out (§5).
func (av1Payloader) Payload(mtu uint16, data []byte) [][]byte {
	p := av1Packets{mtu: int(mtu)}
	for unit := range encode.OBUs(data) {
		switch unit.Type() {
		case encode.OBUTemporalDelimiter, encode.OBUTileList:
		default:
			p.add(unit)
		}
	}
	if len(p.all) > 0 && encode.IsKeyAV1(data) {
		p.all[0][0] |= av1First
	}
	return p.all
}

// av1Packets are the payloads so far. The last of them takes more.
type av1Packets struct {
	mtu int
	all [][]byte
}

// av1Least is the room that a part of a unit needs to be worth beginning: its
// length, of up to two bytes, and something.
const av1Least = 16

func (p *av1Packets) add(unit encode.OBU) {
	header := [2]byte{unit.Header[0] &^ 0x02} // without obu_has_size_field
	n := copy(header[1:], unit.Header[1:]) + 1
	parts := [2][]byte{header[:n], unit.Payload}
	left := n + len(unit.Payload)
	for begun := false; left > 0; begun = true {
		room := 0
		if len(p.all) > 0 {
			room = p.mtu - len(p.all[len(p.all)-1])
		}
		if begun || room < min(left+2, av1Least) {
			p.all = append(p.all, append(make([]byte, 0, min(p.mtu, left+av1Least)), 0))
			room = p.mtu - 1
		}
		at := &p.all[len(p.all)-1]
		if begun {
			(*at)[0] |= av1Continues
			p.all[len(p.all)-2][0] |= av1Unfinished
		}
		take := min(left, room-2)
		left -= take
		*at = encode.AppendLEB128(*at, uint64(take))
		for i := range parts {
			k := min(take, len(parts[i]))
			*at = append(*at, parts[i][:k]...)
			parts[i], take = parts[i][k:], take-k
		}
	}
}

var errAV1 = errors.New("media: a payload of AV1 that does not parse")

// av1Depacketizer is the receiving half: it makes a temporal unit in the
// low-overhead format of the payloads of one. It is pion's rtp.Depacketizer.
type av1Depacketizer struct {
	part []byte // of a unit that ends in a later packet
	open bool   // there is one
	out  []byte
}

// Unmarshal returns the units that end in the payload p, valid until the next
// call.
func (d *av1Depacketizer) Unmarshal(p []byte) ([]byte, error) {
	if len(p) < 2 {
		return nil, errAV1
	}
	continues, unfinished := p[0]&av1Continues != 0, p[0]&av1Unfinished != 0
	if continues && !d.open {
		return nil, errAV1
	}
	d.open = continues
	count := int(p[0] >> av1CountShift & av1CountMask)
	rest := p[1:]
	d.out = d.out[:0]
	for i := 1; len(rest) > 0; i++ {
		size := len(rest)
		if count == 0 || i < count {
			n, k := encode.LEB128(rest)
			if k == 0 || n > uint64(len(rest)-k) {
				return nil, errAV1
			}
			size, rest = int(n), rest[k:]
		}
		unit := rest[:size]
		rest = rest[size:]
		if ends := !unfinished || len(rest) > 0; d.open || !ends {
			if !d.open {
				d.part = d.part[:0]
			}
			if len(d.part)+len(unit) > maxFrame {
				return nil, errAV1
			}
			d.part = append(d.part, unit...)
			unit, d.open = d.part, !ends
			if !ends {
				break
			}
		}
		d.complete(unit)
	}
	return d.out, nil
}

// complete appends a unit, which has no size or a right one.
func (d *av1Depacketizer) complete(data []byte) {
	for unit := range encode.OBUs(data) {
		switch unit.Type() {
		case encode.OBUTemporalDelimiter, encode.OBUTileList:
		default:
			d.out = encode.AppendOBU(d.out, unit)
		}
	}
}

// IsPartitionHead says whether a unit begins p.
func (*av1Depacketizer) IsPartitionHead(p []byte) bool { return len(p) > 0 && p[0]&av1Continues == 0 }

// IsPartitionTail says whether a frame ends with a packet.
func (*av1Depacketizer) IsPartitionTail(marker bool, _ []byte) bool { return marker }
