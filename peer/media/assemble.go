package media

import (
	"time"

	"github.com/pion/rtp"
)

// maxFrame bounds a frame in bytes: what is larger is an attack.
const maxFrame = 16 << 20

// assembler joins the payloads of one frame. Packets come in order and
// without gaps, or reset is called. It is used from one goroutine.
type assembler struct {
	depacketizer rtp.Depacketizer
	data         []byte
	first        time.Duration
	timestamp    uint32
	midway       bool // a frame has begun
}

// add takes the next packet. When it completes a frame, it returns that and
// when its first packet came. It reports ok false when the packet cannot be
// read or does not fit, and the frame is lost.
func (a *assembler) add(p *rtp.Packet, now time.Duration) (frame []byte, first time.Duration, complete, ok bool) {
	if len(p.Payload) == 0 {
		return nil, 0, false, true // padding
	}
	if a.midway && p.Timestamp != a.timestamp {
		// The frame before had no end.
		a.reset()
		return nil, 0, false, false
	}
	payload, err := a.depacketizer.Unmarshal(p.Payload)
	if err != nil {
		return nil, 0, false, false
	}
	if !a.midway {
		if !a.depacketizer.IsPartitionHead(p.Payload) {
			return nil, 0, false, false // its beginning was lost
		}
		a.midway, a.timestamp, a.first = true, p.Timestamp, now
	}
	if len(a.data)+len(payload) > maxFrame {
		return nil, 0, false, false
	}
	a.data = append(a.data, payload...)
	if !a.depacketizer.IsPartitionTail(p.Marker, p.Payload) {
		return nil, 0, false, true
	}
	frame, first = a.data, a.first
	a.data, a.midway = make([]byte, 0, len(frame)), false
	return frame, first, true, true
}

// reset forgets the frame that has begun.
func (a *assembler) reset() {
	a.data, a.midway = a.data[:0], false
}
