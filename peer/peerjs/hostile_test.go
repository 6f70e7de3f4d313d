package peerjs

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/binarypack"
	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/peer/peerserver"
	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
)

// stranger is a client that sends what it likes.
func stranger(t *testing.T, s *peerserver.Server, id string) *peerserver.LocalConn {
	t.Helper()
	c, err := s.Dial(id, "the token of "+id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func send(t *testing.T, c *peerserver.LocalConn, kind peerserver.Type, dst string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(peerserver.Message{Type: kind, Src: "forged", Dst: dst, Payload: b}); err != nil {
		t.Fatal(err)
	}
}

// works fails the test when an honest visitor is not served.
func works(t *testing.T, s *peerserver.Server, d *desk) {
	t.Helper()
	p := runOpen(t, "", Options{Server: s})
	c, err := p.Connect(soon(t), "desk", ConnectOptions{Label: InputLabel, Metadata: withToken(token)})
	if err != nil {
		t.Fatal(err)
	}
	before := len(d.tape.Events())
	if err := c.Send(soon(t), aDown); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the honest visitor's key is down", func() bool { return len(d.tape.Events()) > before })
	_ = c.Close()
	eventually(t, "and up", func() bool { return len(d.tape.Events()) > before+1 })
}

func TestFloodsOfOffersAreBounded(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	d := newDesk(t, s)
	before := runtime.NumGoroutine()
	offer := payload{SDP: &description{Type: "offer", SDP: "v=0\r\n" + strings.Repeat("a=x\r\n", 1000)}, ConnectionID: "c", Serialization: Binary, Label: InputLabel}
	for peer := range 20 {
		c := stranger(t, s, fmt.Sprint("stranger", peer))
		for i := range 200 {
			offer.ConnectionID, offer.Type = fmt.Sprint("c", i%50), []ConnectionType{Data, Media, "other"}[i%3]
			send(t, c, peerserver.Offer, "desk", offer)
			send(t, c, peerserver.Candidate, "desk", payload{ConnectionID: fmt.Sprint("none", i), Candidate: &candidate{Candidate: "x"}})
		}
	}
	works(t, s, d)
	live, refusing, early := d.conns.Counts()
	if live > 64 || refusing > calls.MaxRefusing || early > calls.MaxEarly {
		t.Errorf("%d connections, %d being refused, %d early messages", live, refusing, early)
	}
	eventually(t, "the flood is over", func() bool { return len(d.Connections()) == 0 && runtime.NumGoroutine() < before+100 })
}

// What is not an offer's own sender has no say in it: src is the server's word,
// and a connection's id is of use to its peer alone.
func TestOthersHaveNoSayInAConnection(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	a, b := runOpen(t, "a", Options{Server: s}), runOpen(t, "b", Options{Server: s})
	echo(b)
	d, err := a.Connect(soon(t), "b", ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := stranger(t, s, "c")
	nonsense := payload{SDP: &description{Type: "answer", SDP: "v=0"}, ConnectionID: d.ID(), Type: Data}
	for _, dst := range []string{"a", "b"} {
		send(t, c, peerserver.Answer, dst, nonsense)
		send(t, c, peerserver.Leave, dst, nil)
		send(t, c, peerserver.Expire, dst, nil)
		send(t, c, peerserver.Candidate, dst, payload{ConnectionID: d.ID(), Type: Data, Candidate: &candidate{Candidate: "candidate:x"}})
	}
	if err := d.Send(soon(t), "still here"); err != nil || receive(t, d) != "still here" {
		t.Error(err)
	}
	// Nor has it, with a token that is not the id's.
	if _, err := s.Dial("b", "the token of c"); !errors.Is(err, peerserver.ErrIDTaken) {
		t.Error(err)
	}
}

func TestMalformedValuesEndTheirOwnConnection(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	d := newDesk(t, s)
	p := runOpen(t, "visitor", Options{Server: s, Serializers: map[string]func(SerializerOptions) Serializer{
		Binary: newRaw, MsgPack: newRaw, JSON: newRaw, // what is sent is what it looks like
	}})
	chunk := func(id, n, total int, data []byte) []byte {
		b, err := binarypack.Marshal(map[string]any{"__peerData": id, "n": n, "total": total, "data": data})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, list := range map[string][][]byte{
		Binary: {
			{0xdf, 0xff, 0xff, 0xff, 0xff},
			{0xc4},
			[]byte(strings.Repeat("\x91", 100_000)),
			chunk(1, 0, 1<<40, []byte("x")), chunk(1, -1, 2, []byte("x")),
		},
		MsgPack: {{0xc1}, {0xdd, 0xff, 0xff, 0xff, 0xff}, []byte(strings.Repeat("\x91", 100_000) + "\x00")},
		JSON:    {[]byte("{"), []byte(strings.Repeat("[", 100_000))},
	} {
		for i, b := range list {
			c, err := p.Connect(soon(t), "desk", ConnectOptions{Label: InputLabel, Metadata: withToken(token), Serialization: name})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Send(soon(t), b); err != nil {
				t.Fatal(err)
			}
			if <-c.Done(); !errors.Is(c.Err(), ErrHungUp) {
				t.Errorf("%s %d: %v", name, i, c.Err())
			}
		}
	}
	works(t, s, d)
}

func TestChunkBombsAreBounded(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	d := newDesk(t, s)
	p := runOpen(t, "visitor", Options{Server: s, Serializers: map[string]func(SerializerOptions) Serializer{Binary: newRaw}})
	c, err := p.Connect(soon(t), "desk", ConnectOptions{Label: InputLabel, Metadata: withToken(token)})
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for id := 1; ; id++ { // first chunks, whose seconds never come
		b, err := binarypack.Marshal(map[string]any{"__peerData": id, "n": 0, "total": 2, "data": make([]byte, 16300)})
		if err != nil {
			t.Fatal(err)
		}
		if c.Send(soon(t), b) != nil {
			break
		}
		sent += len(b)
	}
	if <-c.Done(); !errors.Is(c.Err(), ErrHungUp) {
		t.Errorf("after %d bytes: %v", sent, c.Err())
	}
	works(t, s, d)
}

func TestCallsThatNobodyAnswersEnd(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	p := runOpen(t, "a", Options{Server: s, RingTimeout: 100 * time.Millisecond})
	closed := collect[ConnectionClosed](p)
	On(p, func(Called) {})
	send(t, stranger(t, s, "c"), peerserver.Offer, "a", payload{SDP: &description{Type: "offer", SDP: "v=0"}, ConnectionID: "c", Type: Media})
	if e := next(t, closed); !IsType(e.Err, NegotiationFailed) {
		t.Error(e.Err)
	}
}

func TestStockServerServesUs(t *testing.T) {
	stock := peerservertest.Start(t, "--allow_discovery", "--expire_timeout=500")
	a, b := runOpen(t, "", at(t, stock.URL)), runOpen(t, "b", at(t, stock.URL))
	echo(b)
	if len(a.ID()) != 36 {
		t.Errorf("the server chose %q", a.ID())
	}
	talk := func() {
		t.Helper()
		d, err := a.Connect(soon(t), "b", ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Send(soon(t), "x"); err != nil || receive(t, d) != "x" {
			t.Error(err)
		}
		_ = d.Close()
	}
	talk()
	if _, err := a.Connect(soon(t), "nobody", ConnectOptions{}); !IsType(err, PeerUnavailable) {
		t.Error(err)
	}
	ids, err := b.ListAllPeers(soon(t))
	if err != nil || len(ids) != 2 {
		t.Errorf("%v %v", ids, err)
	}
	id := a.ID()
	a.Disconnect()
	if err := a.Reconnect(); err != nil {
		t.Fatal(err)
	}
	if err := a.WaitOpen(soon(t)); err != nil || a.ID() != id {
		t.Fatal(err, a.ID())
	}
	talk()
	taken, err := New("b", at(t, stock.URL))
	if err != nil {
		t.Fatal(err)
	}
	if err := taken.Run(soon(t)); !IsType(err, UnavailableID) {
		t.Errorf("a taken id: %v", err)
	}
	secure := at(t, stock.URL)
	secure.Secure = true
	wrong, err := New("", secure)
	if err != nil {
		t.Fatal(err)
	}
	if err := wrong.Run(soon(t)); !IsType(err, SSLUnavailable) {
		t.Errorf("TLS to a server without it: %v", err)
	}
}

func FuzzPayload(f *testing.F) {
	for _, text := range []string{
		`{"sdp":{"type":"offer","sdp":"v=0\r\nm=video 9 x\r\na=recvonly\r\n"},"type":"media","connectionId":"mc_x","metadata":{"token":"t"}}`,
		`{"candidate":{"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host","sdpMid":"0","sdpMLineIndex":0},"type":"data","connectionId":"dc_x"}`,
		`{"sdp":{"type":"answer","sdp":"v=0"},"type":"data","connectionId":"dc_x","browser":"chrome"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := parsePayload(b)
		if err != nil {
			return
		}
		if v.SDP != nil {
			media.Takes(v.SDP.SDP, "video")
		}
		if _, err := json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	})
}
