package peer

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

func FuzzControl(f *testing.F) {
	for _, s := range []string{`{"type":"hello","version":1,"streams":[{}]}`, `{"type":"pong","t":1,"now":2,"rtp":{"video":3}}`, `{"type":"ping","t":1}`, `{"type":"status"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := parseControl(b); err == nil && m != nil {
			if p, ok := m.(pong); ok {
				(&clock{}).pong(p, time.Second)
				return // its t is passed on as it is
			}
			text, err := marshalControl(m)
			if err != nil {
				t.Fatal(err)
			}
			if len(text) > maxControl {
				return
			}
			if again, err := parseControl(text); err != nil || again.controlType() != m.controlType() {
				t.Fatalf("%q became %q: %v", b, text, err)
			}
		}
		if m, err := parseViewer(b); err == nil && m.Type == "ping" {
			if _, err := marshalControl(pong{T: m.T}); err != nil {
				t.Fatalf("the ping %q cannot be answered: %v", b, err)
			}
		}
	})
}

// What is sniffed arrives whole, whichever way it goes.
func FuzzSniff(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{0, 20, 0, 1})
	f.Add([]byte{0x16, 3, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		isICE := sniff(b[0]) == protocolICE
		if isICE && b[0] >= ' ' {
			t.Fatalf("%q would be ICE", b)
		}
		here, there := net.Pipe()
		defer func() { _ = here.Close() }()
		go func() {
			_, _ = there.Write(b[1:])
			_ = there.Close()
		}()
		got, err := io.ReadAll(&prefixed{Conn: here, first: b[:1]})
		if err != nil || !bytes.Equal(got, b) {
			t.Fatalf("read %q, %v", got, err)
		}
	})
}

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
