package skywayserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/engineio"
	"github.com/causeway-rtc/causeway/peer/socketio"
)

// patience is for a machine that does other things.
const patience = 30 * time.Second

// The keys of the tests.
const (
	openKey   = "00000000-0000-0000-0000-000000000000"
	secretKey = "11111111-1111-1111-1111-111111111111"
	bareKey   = "22222222-2222-2222-2222-222222222222" // no SFU, no list
	secret    = "s3cret"
)

func testKeys() map[string]Key {
	return map[string]Key{openKey: {List: true}, secretKey: {Secret: secret, List: true}, bareKey: {NoSFU: true}}
}

// start serves until the end of the test.
func start(t *testing.T, o Options) (s *Server, base string) {
	t.Helper()
	if o.Keys == nil {
		o.Keys = testKeys()
	}
	s = New(o)
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		_ = s.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		web.Close()
	})
	return s, web.URL
}

// client is a client at a WebSocket.
type client struct {
	t       *testing.T
	conn    *websocket.Conn
	decoder socketio.Decoder
}

// query is what a client asks with.
func query(key, id, token string, c *Credential) string {
	q := url.Values{"apiKey": {key}, "token": {token}, "EIO": {"3"}, "transport": {"websocket"}}
	if id != "" {
		q.Set("peerId", id)
	}
	if c != nil {
		b, _ := json.Marshal(c)
		q.Set("credential", string(b))
	}
	return q.Encode()
}

// dial connects a client with a query.
func dial(t *testing.T, base, query string, header http.Header) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, strings.Replace(base, "http", "ws", 1)+"/socket.io/?"+query, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t: t, conn: conn, decoder: socketio.Decoder{MaxBinary: 10}}
}

// open connects a client that is let in.
func open(t *testing.T, base, id string) *client {
	t.Helper()
	c := dial(t, base, query(openKey, id, "token of "+id, nil), nil)
	c.expect("OPEN", fmt.Sprintf(`{"peerId":"%s"}`, id))
	return c
}

// receive returns the next event, or why there is none.
func (c *client) receive() (*socketio.Packet, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for {
		typ, b, err := c.conn.Read(ctx)
		if err != nil {
			return nil, err
		}
		if len(b) == 0 || typ == websocket.MessageText && b[0] != '4' || typ == websocket.MessageBinary && b[0] != 4 {
			continue // not a message
		}
		read := c.decoder.Text
		if typ == websocket.MessageBinary {
			read = c.decoder.Binary
		}
		p, err := read(b[1:])
		switch {
		case err != nil:
			return nil, err
		case p != nil && p.Type == socketio.Disconnect:
			return nil, net.ErrClosed
		case p != nil && p.Type == socketio.Event:
			return p, nil
		}
	}
}

// expect receives an event with JSON of the same meaning as arg, in which ""
// stands for anything.
func (c *client) expect(name, arg string) *socketio.Packet {
	c.t.Helper()
	p, err := c.receive()
	if err != nil {
		c.t.Fatalf("instead of %s: %v", name, err)
	}
	if p.Name != name || arg != "" && !sameJSON(string(p.Arg), arg) {
		c.t.Fatalf("received %s %.300s, want %s %s", p.Name, p.Arg, name, arg)
	}
	return p
}

// refused receives an ERROR of a type, and is disconnected after it.
func (c *client) refused(typ string) {
	c.t.Helper()
	c.failed(typ)
	if p, err := c.receive(); err == nil {
		c.t.Errorf("after %s came %s", typ, p.Name)
	}
}

// failed receives an ERROR of a type.
func (c *client) failed(typ string) {
	c.t.Helper()
	var why Refusal
	p := c.expect("ERROR", "")
	if json.Unmarshal(p.Arg, &why) != nil || why.Type != typ || why.Message == "" {
		c.t.Errorf("refused by %s, want %s", p.Arg, typ)
	}
}

func (c *client) send(name, arg string, binary ...[]byte) {
	c.t.Helper()
	p := socketio.Packet{Type: socketio.Event, Name: name, Arg: json.RawMessage(arg), Binary: binary}
	c.write(websocket.MessageText, "4"+string(p.Text()))
	for _, b := range binary {
		c.write(websocket.MessageBinary, "\x04"+string(b))
	}
}

func (c *client) write(typ websocket.MessageType, b string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	if err := c.conn.Write(ctx, typ, []byte(b)); err != nil {
		c.t.Error(err)
	}
}

// textOf is a packet as a client sends it.
func textOf(p *socketio.Packet) engineio.Message { return engineio.Message{Data: p.Text()} }

func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatal("not in time: " + what)
		}
	}
}

// fakeSFU remembers what it is told.
type fakeSFU struct {
	said chan string
	fail error
	last chan SFUOptions
}

func newFakeSFU() *fakeSFU {
	return &fakeSFU{said: make(chan string, 100), last: make(chan SFUOptions, 100)}
}

func (f *fakeSFU) Join(room, member string, o SFUOptions) (SFUMember, error) {
	f.said <- "join " + room + " " + member
	if f.fail != nil {
		return nil, f.fail
	}
	f.last <- o
	m := fakeMember{f, member, o}
	m.RequestOffer()
	return m, nil
}

type fakeMember struct {
	sfu *fakeSFU
	id  string
	o   SFUOptions
}

func (m fakeMember) RequestOffer() { m.o.Offer("offer for "+m.id, map[string]string{"stream": m.id}) }

func (m fakeMember) Answer(sdp string) error {
	m.sfu.said <- "answer " + m.id + " " + sdp
	return nil
}

func (m fakeMember) AddCandidate(c string) error {
	m.sfu.said <- "candidate " + m.id + " " + c
	return nil
}

func (m fakeMember) Close() error {
	m.sfu.said <- "close " + m.id
	m.o.Closed(nil)
	return nil
}
