package sfu

import (
	"encoding/binary"
	"time"
)

// rewriter makes one stream of packets out of those of changing layers, some
// of which are left out. It is used from one goroutine; packets of a layer
// come in order.
type rewriter struct {
	clockRate uint32

	layer *layer // that is forwarded; nil before the first key frame
	begun bool   // a packet has been forwarded
	// temporal is the highest layer that is forwarded, and most that it should
	// be; it falls with a frame, and rises where the sender says that it may.
	temporal, most uint8

	frame     uint32 // the timestamp, as it came, of the frame that goes on
	drop      bool   // it is left out
	seq       uint16 // of the last packet that was forwarded
	timestamp uint32 // of the same
	at        time.Time
	shift     uint32 // from a timestamp as it came to ours

	// What the layer's numbers in VP8 become.
	pictureShift uint16
	baseShift    uint8
	picture      uint16 // the last that was forwarded
	base         uint8
}

// start takes over l, from the key frame that begins with p. Timestamps go on
// with the clock.
func (w *rewriter) start(l *layer, p *packet) {
	w.layer = l
	if w.begun {
		passed := max(uint32(int64(p.at.Sub(w.at).Seconds()*float64(w.clockRate))), 1)
		w.shift = w.timestamp + passed - p.Timestamp
		w.pictureShift = w.picture + 1 - p.picture
		w.baseShift = w.base + 1 - p.base
	}
	w.frame, w.drop = p.Timestamp, false
	w.temporal = w.most
}

// next is the sequence number, the timestamp and the payload that p is
// forwarded with, or false when it is left out.
func (w *rewriter) next(p *packet) (seq uint16, timestamp uint32, payload []byte, ok bool) {
	if p.Timestamp != w.frame || !w.begun {
		w.frame = p.Timestamp
		w.drop = !w.takes(p)
		if w.drop {
			w.pictureShift-- // of those that follow
		}
	}
	if w.drop {
		return 0, 0, nil, false
	}
	switch {
	case !w.begun:
		w.begun, w.seq = true, p.SequenceNumber
	case p.lost:
		w.seq += 2 // the receiver must know that there was one
	default:
		w.seq++
	}
	w.timestamp, w.at = p.Timestamp+w.shift, p.at
	return w.seq, w.timestamp, w.payload(p), true
}

// takes decides about the frame that begins with p.
func (w *rewriter) takes(p *packet) bool {
	switch {
	case w.temporal > w.most:
		w.temporal = w.most
	case w.temporal < w.most && (p.key || p.up && p.temporal == w.temporal+1):
		w.temporal++
		if p.key {
			w.temporal = w.most
		}
	}
	return p.temporal <= w.temporal
}

// payload is that of p, with other numbers if it has any that change. What is
// shared is not changed.
func (w *rewriter) payload(p *packet) []byte {
	w.picture, w.base = p.picture+w.pictureShift, p.base+w.baseShift
	same := p.pictureAt == 0 || w.pictureShift&mask(p.long) == 0
	if same && (p.baseAt == 0 || w.baseShift == 0) {
		return p.Payload
	}
	b := append([]byte(nil), p.Payload...)
	switch {
	case p.pictureAt == 0:
	case p.long:
		binary.BigEndian.PutUint16(b[p.pictureAt:], w.picture&mask(true)|0x8000)
	default:
		b[p.pictureAt] = byte(w.picture & mask(false))
	}
	if p.baseAt != 0 {
		b[p.baseAt] = w.base
	}
	return b
}

// mask is the bits of a picture id.
func mask(long bool) uint16 {
	if long {
		return 0x7fff
	}
	return 0x7f
}
