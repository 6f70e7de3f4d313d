package sfu

import (
	"encoding/binary"
	"strings"

	"github.com/causeway-rtc/causeway/encode"
)

// description is what an RTP payload says of the frame that it is a part of.
// The zero value says nothing, and such packets are all forwarded.
type description struct {
	key      bool  // it begins a key frame
	temporal uint8 // the temporal layer
	up       bool  // a receiver of the layers below may take this one from here

	// Where VP8 has its picture id and the index of layer 0, as offsets into
	// the payload, which has a byte of descriptor before them; 0 where it has
	// not.
	pictureAt, baseAt int
	long              bool // the picture id has 15 bits
	picture           uint16
	base              uint8
}

// describer reads the payloads of one codec. It is given what a stranger sent.
type describer func(payload []byte) description

// describerOf is that of a codec; of what it does not know each packet can be
// the first.
func describerOf(mimeType string) describer {
	switch {
	case strings.EqualFold(mimeType, encode.VP8.MIMEType):
		return describeVP8
	case strings.EqualFold(mimeType, encode.VP9.MIMEType):
		return describeVP9
	case strings.EqualFold(mimeType, encode.H264.MIMEType):
		return describeH264
	case strings.EqualFold(mimeType, encode.AV1.MIMEType):
		return describeAV1
	}
	return func([]byte) description { return description{key: true, up: true} }
}

// describeVP8 reads the descriptor of RFC 7741 §4.2.
func describeVP8(b []byte) (d description) {
	const extended, start, partition = 0x80, 0x10, 0x07
	if len(b) < 2 {
		return d
	}
	first, at := b[0], 1
	if first&extended != 0 {
		const picture, base, temporal, keyIndex = 0x80, 0x40, 0x20, 0x10
		flags := b[1]
		at = 2
		if flags&picture != 0 {
			if at+1 >= len(b) {
				return description{}
			}
			d.pictureAt = at
			if d.long = b[at]&0x80 != 0; d.long {
				d.picture = binary.BigEndian.Uint16(b[at:]) & 0x7fff
				at++
			} else {
				d.picture = uint16(b[at])
			}
			at++
		}
		if flags&base != 0 {
			if at >= len(b) {
				return description{}
			}
			d.baseAt, d.base = at, b[at]
			at++
		}
		if flags&(temporal|keyIndex) != 0 {
			if at >= len(b) {
				return description{}
			}
			if flags&temporal != 0 {
				d.temporal, d.up = b[at]>>6, b[at]&0x20 != 0
			}
			at++
		}
	}
	if at >= len(b) {
		return description{}
	}
	d.key = first&start != 0 && first&partition == 0 && b[at]&1 == 0
	return d
}

// describeVP9 reads the descriptor of RFC 9628 §4.2. Its picture ids are left
// alone when layers are dropped: frames refer to each other by differences of
// them.
func describeVP9(b []byte) (d description) {
	const picture, inter, layers, begin = 0x80, 0x40, 0x20, 0x08
	if len(b) < 2 {
		return d
	}
	flags, at := b[0], 1
	if flags&picture != 0 {
		at++
		if b[1]&0x80 != 0 {
			at++
		}
	}
	spatial := uint8(0)
	if flags&layers != 0 {
		if at >= len(b) {
			return description{}
		}
		d.temporal, d.up, spatial = b[at]>>5, b[at]&0x10 != 0, b[at]>>1&7
	}
	d.key = flags&inter == 0 && flags&begin != 0 && spatial == 0
	return d
}

// describeH264 looks for parameter sets or the beginning of an IDR slice (RFC
// 6184 §5.2).
func describeH264(b []byte) (d description) {
	const slice, parameters, aggregate, fragment = 5, 7, 24, 28
	if len(b) < 2 {
		return d
	}
	switch b[0] & 0x1f {
	case slice, parameters:
		d.key = true
	case fragment:
		d.key = b[1]&0x80 != 0 && (b[1]&0x1f == slice || b[1]&0x1f == parameters)
	case aggregate:
		for b = b[1:]; len(b) > 2; {
			n := int(binary.BigEndian.Uint16(b))
			if kind := b[2] & 0x1f; kind == slice || kind == parameters {
				d.key = true
			}
			if n+2 > len(b) {
				break
			}
			b = b[n+2:]
		}
	}
	return d
}

// describeAV1 reads the aggregation header, whose bit N says that a coded
// video sequence begins (AV1 RTP specification §4.4).
func describeAV1(b []byte) description {
	return description{key: len(b) > 0 && b[0]&0x08 != 0}
}
