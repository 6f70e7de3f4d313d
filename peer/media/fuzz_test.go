package media

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// Packets of any content and order do no harm, and keep to the bounds.
func FuzzReceive(f *testing.F) {
	f.Add([]byte{0, 1, 0x41, 1, 1, 0x65, 3, 1, 0x7c})
	f.Fuzz(func(t *testing.T, b []byte) {
		order := reorder{patience: time.Millisecond}
		frames := assembler{depacketizer: &codecs.H264Packet{}}
		now := time.Unix(0, 0)
		for len(b) >= 4 {
			n := min(int(b[1])%8, len(b)-3)
			order.push(&rtp.Packet{
				Header:  rtp.Header{SequenceNumber: uint16(b[0]) << 4, Timestamp: uint32(b[0]) / 4, Marker: b[1]&8 != 0},
				Payload: b[2 : 2+n],
			}, now)
			b = b[2+n:]
			now = now.Add(300 * time.Microsecond)
			for {
				p, lost := order.pop(now)
				if lost {
					frames.reset()
				}
				if p == nil {
					break
				}
				_, _, _, _ = frames.add(p, 0)
			}
			if order.waiting < 0 || order.waiting > reorderLen {
				t.Fatalf("%d packets wait", order.waiting)
			}
		}
	})
}
