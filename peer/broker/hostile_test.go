package broker_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/broker"
	"github.com/causeway-rtc/causeway/peer/signal/signaltest"
)

// pair is two peers that a hostile one must not disturb; check says whether
// they still speak.
func pair(t *testing.T, url string) (check func()) {
	t.Helper()
	a, b := open(t, url), open(t, url)
	a.send(`[">",["good","good:a"]]`)
	a.settle()
	b.send(`[">",["good","good:b"]]`)
	b.settle()
	a.sock.CloseRead(context.Background()) // it answers pings, until it is closed
	return func() {
		t.Helper()
		for _, m := range []string{`["good:b",{"type":"offer","id":"a"}]`, `["good",{"type":"join","id":"a"}]`} {
			a.send(m)
			b.expect(m)
		}
	}
}

// closed reads until the broker closes p, and returns the last frame and the
// code.
func closed(p *page) (last string, code websocket.StatusCode) {
	for {
		text, err := p.read()
		if err != nil {
			return last, websocket.CloseStatus(err)
		}
		last = text
	}
}

func TestLongFrameIsClosed(t *testing.T) {
	_, url := start(t, broker.Options{})
	check := pair(t, url)
	p := open(t, url)
	p.send(`[">",["good","good:p"]]`)
	p.settle()
	long := `["good",{"type":"join","id":"p","metadata":{"x":"` + strings.Repeat("x", 1<<20) + `"}}]`
	go func() { _ = p.sock.Write(t.Context(), websocket.MessageText, []byte(long)) }()
	if _, code := closed(p); code != websocket.StatusMessageTooBig {
		t.Errorf("closed with %d, want %d", code, websocket.StatusMessageTooBig)
	}
	check()
}

func TestBinaryFrameIsClosed(t *testing.T) {
	_, url := start(t, broker.Options{})
	p := open(t, url)
	if err := p.sock.Write(t.Context(), websocket.MessageBinary, []byte("ping")); err != nil {
		t.Fatal(err)
	}
	if _, code := closed(p); code != websocket.StatusUnsupportedData {
		t.Errorf("closed with %d, want %d", code, websocket.StatusUnsupportedData)
	}
}

func TestManySubscriptionsAreRefused(t *testing.T) {
	_, url := start(t, broker.Options{})
	check := pair(t, url)
	p := open(t, url)
	p.send(`[">",["r"` + strings.Repeat(`,"r"`, 9999) + `]]`)
	p.expect(`["!","syntax","10000 namespaces, not 1 to 16",""]`)
	for i := range 17 {
		p.send(`[">","r` + strconv.Itoa(i) + `"]`)
	}
	p.expect(`["!","limit","more than 16 subscriptions","r16"]`)
	go func() {
		for i := range 10_000 {
			if p.sock.Write(t.Context(), websocket.MessageText, []byte(`[">","s`+strconv.Itoa(i)+`"]`)) != nil {
				return
			}
		}
	}()
	last, code := closed(p)
	if code != websocket.StatusPolicyViolation || last != `["!","limit","too many frames a second",""]` {
		t.Errorf("closed with %d after %s", code, last)
	}
	check()
}

// Long frames are dearer than short ones.
func TestFloodOfLongFramesIsClosed(t *testing.T) {
	_, url := start(t, broker.Options{})
	check := pair(t, url)
	p := open(t, url)
	p.send(`[">","good:p"]`)
	p.settle()
	victim := open(t, url)
	victim.send(`[">","good:v"]`)
	victim.settle() // and reads no more
	long := []byte(`["good:v",{"type":"offer","id":"p","data":"` + strings.Repeat("x", 200_000) + `"}]`)
	go func() {
		for p.sock.Write(t.Context(), websocket.MessageText, long) == nil {
		}
	}()
	if _, code := closed(p); code != websocket.StatusPolicyViolation {
		t.Errorf("closed with %d, want %d", code, websocket.StatusPolicyViolation)
	}
	check()
}

func TestNobodySpeaksForAnother(t *testing.T) {
	_, url := start(t, broker.Options{})
	check := pair(t, url)
	p := open(t, url)
	for _, test := range []struct{ send, want string }{
		{`["good:b",{"type":"offer","id":"a"}]`, `["!","denied","this connection is not a in room good","good:b"]`},
		{`["good",{"type":"join","id":"a"}]`, `["!","denied","this connection is not a in room good","good"]`},
		{`[">","good:a"]`, `["!","taken","a is in room good already","good:a"]`},
		{`[">","good:a","guess"]`, `["!","taken","a is in room good already","good:a"]`},
		{`[">",["good:p","good:q"]]`, `["!","denied","this connection is p in room good","good:q"]`},
		{`["good:b",{"type":"offer","id":"a"}]`, `["!","denied","this connection is not a in room good","good:b"]`},
		{`["other",{"type":"join","id":"p"}]`, `["!","denied","this connection is not p in room other","other"]`},
		{`["good:b",{"type":"offer","id":"p","ID":"a"}]`, `["!","denied","this connection is not a in room good","good:b"]`},
	} {
		p.send(test.send)
		p.expect(test.want)
	}
	check()
}

func TestGarbageIsRefused(t *testing.T) {
	_, url := start(t, broker.Options{})
	check := pair(t, url)
	p := open(t, url)
	for _, text := range []string{
		"", "\x00", "PING", "[", "{}", `[">"]`, `[">",null]`, `[">",[null]]`, `["<",{}]`, `["a:b:c",{}]`, `["*",{"type":"join","id":"a"}]`,
		`["a",{"type":"join","id":"a","data":}]`, strings.Repeat("[", 100_000), `["a",{"type":"join","id":"\ud800"}]`,
	} {
		p.send(text)
		if got, err := p.read(); err != nil || !strings.HasPrefix(got, `["!","syntax",`) {
			t.Errorf("%.40q was answered by %.80q, %v", text, got, err)
		}
	}
	p.settle()
	check()
}

// A client that vanished without a word leaves nothing behind.
func TestSilentClientIsClosed(t *testing.T) {
	b, url := start(t, broker.Options{Idle: time.Second})
	p := open(t, url)
	p.send(`[">","r:a"]`)
	p.settle()
	if _, err := p.read(); err == nil {
		t.Fatal("the broker spoke first")
	}
	next, err := b.Dial()
	if err != nil {
		t.Fatal(err)
	}
	// The broker gives the id free right after it has closed the connection.
	for ctx, cancel := context.WithTimeout(t.Context(), signaltest.Patience); ; {
		err := next.Subscribe(ctx, "r:a", "")
		if err == nil {
			cancel()
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("its id is not free: %v", err)
		}
	}
}
