package peer

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/memory"
)

// Whatever the other side says on the control channel does no harm, neither
// before it has said hello nor after.
func FuzzControl(f *testing.F) {
	for name := range handlers {
		f.Add(fmt.Appendf(nil, `{"type":%q,"stream":1,"request":1,"channel":129,"t":1,"label":"x","mode":"reliable"}`, name))
	}
	f.Add([]byte(`{"type":"accept","stream":{"id":3,"name":"x","tracks":[{}]},"input":129,"motion":131}`))
	f.Add([]byte(`{"type":"pong","t":1,"now":2,"rtp":{"1/video":3}}`))
	bus := memory.New(memory.Options{})
	defer func() { _ = bus.Close() }()
	conn, err := bus.Dial("192.0.2.1")
	if err != nil {
		f.Fatal(err)
	}
	p, err := New(Options{ID: "desk", Signal: conn})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := newRemote(p, newcomer{ns: "desk:eve", Join: Join{ID: "eve"}})
		if err != nil {
			t.Fatal(err)
		}
		defer r.discard()
		r.onControl(webrtc.DataChannelMessage{IsString: true, Data: b})
		r.onControl(webrtc.DataChannelMessage{IsString: true, Data: []byte(`{"type":"hello"}`)})
		r.onControl(webrtc.DataChannelMessage{IsString: true, Data: b})
		if len(r.in) > maxInbound || len(r.named) > lastAgreedID-firstAgreedID {
			t.Fatalf("%d streams and %d channels", len(r.in), len(r.named))
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

// What a stranger says of itself is read within bounds.
func FuzzTerms(f *testing.F) {
	f.Add([]byte("true"), []byte(`{"token":"x"}`))
	f.Add([]byte(`{"watch":false,"externalId":"x","session":"y"}`), []byte("null"))
	f.Add([]byte(`{"type":"offer","sdp":"v=0","watch":true}`), []byte(`{"token":7}`))
	p := &Peer{}
	f.Fuzz(func(t *testing.T, data, metadata []byte) {
		n := p.newcomer("room:eve", signal.Message{ID: "eve", Data: data, Metadata: metadata}, true)
		if len(n.terms.ExternalID) > maxExternalID || len(n.Session) > maxExternalID {
			t.Fatalf("%d and %d bytes", len(n.terms.ExternalID), len(n.Session))
		}
		if n.ID != "eve" || n.Room != "room" || n.Join.ExternalID != n.terms.ExternalID {
			t.Fatalf("%+v", n)
		}
	})
}

// Cutting an SDP into its sections loses nothing, and changes only those that
// are not ours.
func FuzzSections(f *testing.F) {
	f.Add("v=0\r\nm=video 9 x 96\r\na=mid:a1\r\na=inactive\r\nm=audio 9 x 96\r\na=mid:0\r\na=inactive\r\n")
	f.Add("\nm=\na=mid:")
	f.Fuzz(func(t *testing.T, sdp string) {
		n := 0
		same := sections(sdp, func(_, section string) string {
			n++
			return section
		})
		if same != sdp || n != mediaSections(sdp) {
			t.Fatalf("%d sections of %q", n, same)
		}
		r := &Remote{}
		if got := r.palatable(sdp); mediaSections(got) != n || len(got) > len(sdp)+n {
			t.Fatalf("%q became %q", sdp, got)
		}
	})
}
