package broker_test

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/broker"
	"github.com/causeway-rtc/causeway/peer/signal/signaltest"
)

// page is a Peerix peer's WebSocket: what it sends and expects is written out
// here, so that our own driver cannot hide a mistake of the broker's.
type page struct {
	t    *testing.T
	sock *websocket.Conn
}

func open(t *testing.T, url string) *page {
	t.Helper()
	return &page{t, raw(t, url)}
}

func (p *page) send(text string) {
	p.t.Helper()
	if err := p.sock.Write(p.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		p.t.Fatalf("sending %.80s: %v", text, err)
	}
}

func (p *page) read() (string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), signaltest.Patience)
	defer cancel()
	_, b, err := p.sock.Read(ctx)
	return string(b), err
}

// expect reads one frame, which must be the same JSON as want.
func (p *page) expect(want string) {
	p.t.Helper()
	got, err := p.read()
	if err != nil {
		p.t.Fatalf("waiting for %s: %v", want, err)
	}
	var g, w any
	if json.Unmarshal([]byte(got), &g) != nil || json.Unmarshal([]byte(want), &w) != nil {
		g, w = got, want
	}
	if !reflect.DeepEqual(g, w) {
		p.t.Fatalf("got %.400s, want %s", got, want)
	}
}

// settle returns once the broker has acted on all that was sent.
func (p *page) settle() {
	p.t.Helper()
	p.send("ping")
	p.expect("pong")
}

func TestPeerixPeers(t *testing.T) {
	_, url := start(t, broker.Options{})
	a, b, c := open(t, url), open(t, url), open(t, url)
	a.send(`[">",["room","room:a"]]`)
	a.settle()
	c.send(`[">",["room","room:c"]]`)
	c.settle()
	b.send(`[">",["room","room:b"]]`)

	join := `["room",{"type":"join","id":"b","data":true,"metadata":{"name":"B","token":"x"}}]`
	b.send(join)
	a.expect(join)
	c.expect(join)
	offer := `["room:b",{"type":"offer","id":"a","data":{"type":"offer","sdp":"v=0\r\n"},"metadata":{"name":"A"}}]`
	a.send(offer)
	b.expect(offer)
	for _, answer := range []string{
		`["room:a",{"type":"answer","id":"b","data":{"type":"answer","sdp":"v=0\r\n"}}]`,
		`["room:a",{"type":"candidate","id":"b","data":{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":null}}]`,
	} {
		b.send(answer)
		a.expect(answer)
	}
	b.settle()

	leave := `["room:a",{"type":"leave","id":"b"}]`
	b.send(leave)
	b.send(`["<","room"]`)
	b.send(`["<","room:b"]`)
	a.expect(leave)
	b.settle()
	again := `["room",{"type":"join","id":"a","data":true}]`
	a.send(again)
	c.expect(again)
	a.send(`["room:b",{"type":"leave","id":"a"}]`)
	a.expect(`["!","absent","nobody is room:b","room:b"]`)

	// Back in the room, the join of the time between does not come.
	b.send(`[">",["room","room:b"]]`)
	b.settle()
	direct := `["room:b",{"type":"leave","id":"a"}]`
	a.send(direct)
	b.expect(direct)
}

// A join may say more than whether there are streams.
func TestJoinDataIsAnyJSON(t *testing.T) {
	_, url := start(t, broker.Options{})
	a, b := open(t, url), open(t, url)
	a.send(`[">",["room","room:a"]]`)
	a.settle()
	b.send(`[">",["room","room:b"]]`)
	for _, data := range []string{`true`, `false`, `{"watch":false,"externalId":"x"}`, `null`, `[1]`} {
		join := `["room",{"type":"join","id":"b","data":` + data + `}]`
		b.send(join)
		a.expect(join)
	}
}

// A page whose connection was lost connects again under its id, without a
// secret, before anybody has noticed that the old connection is dead.
func TestPeerixPeerComesBack(t *testing.T) {
	_, url := start(t, broker.Options{Patience: 2 * time.Second})
	host := open(t, url)
	host.send(`[">","r:host"]`)
	host.settle()
	lost := open(t, url)
	lost.send(`[">",["r","r:a"]]`)
	lost.settle() // and reads no more, so that it answers no ping

	back := open(t, url)
	back.send(`[">",["r","r:a"]]`)
	back.settle()
	offer := `["r:a",{"type":"offer","id":"host"}]`
	host.send(offer)
	back.expect(offer)

	// Whoever is there keeps the id, and the rest of a list is not lost.
	go func() { _, _ = back.read() }()
	rival := open(t, url)
	rival.send(`[">",["r:a","r","other","other:a"]]`)
	rival.expect(`["!","taken","a is in room r already","r:a"]`)
	rival.settle()
	host.send(`[">","other:host"]`)
	host.send(`["other:a",{"type":"offer","id":"host"}]`)
	rival.expect(`["other:a",{"type":"offer","id":"host"}]`)
	host.send(`["r",{"type":"join","id":"host"}]`)
	rival.expect(`["r",{"type":"join","id":"host"}]`)
}

// A program may run many peers, each with a connection from one address.
func TestConnectionsMayBeUnbounded(t *testing.T) {
	_, url := start(t, broker.Options{ConnsPerAddr: -1, Rate: -1, Burst: -1})
	for range 80 {
		p := open(t, url)
		p.settle()
	}
}
