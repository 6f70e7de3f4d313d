package peerserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// exchange holds that two peers still reach each other.
func exchange(t *testing.T, base string) {
	t.Helper()
	a, b := join(t, base, "good a"), join(t, base, "good b")
	a.send(`{"type":"OFFER","dst":"good b"}`)
	b.expect(`{"type":"OFFER","src":"good a","dst":"good b"}`)
	b.send(`{"type":"ANSWER","dst":"good a"}`)
	a.expect(`{"type":"ANSWER","src":"good b","dst":"good a"}`)
}

// heap is the memory in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestHugeIDsAreRefused(t *testing.T) {
	s, base := start(t, peerserver.Options{})
	huge := strings.Repeat("x", 1<<20)
	// The HTTP server has a limit of its own, at just about this length.
	for _, id := range []string{huge, huge + huge} {
		c, resp, err := tryDial(t, base, "key=peerjs&token=t&id="+id, nil)
		if err == nil {
			c.expect(`{"type":"ERROR","payload":{"msg":"The id or token is too long or not text"}}`)
			c.expectClosed()
		} else if resp == nil || resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("an id of %d bytes: %v", len(id), err)
		}
	}
	a := join(t, base, "a")
	a.send(`{"type":"OFFER","dst":"` + huge[:100_000] + `"}`)
	a.send(`{"type":"OFFER","dst":"a"}`)
	a.expect(`{"type":"OFFER","src":"a","dst":"a"}`)
	if st := s.Stats(); st.Messages != 0 {
		t.Errorf("%+v", st)
	}
	// The message that is too long costs its sender the connection.
	_ = a.conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"OFFER","dst":"a","payload":"`+huge+`"}`))
	a.expectClosed()
	exchange(t, base)
}

func TestFloodIsPaced(t *testing.T) {
	s, base := start(t, peerserver.Options{Rate: 1000, Burst: 10, QueueMessages: 16, QueueBytes: 1 << 20})
	before := heap()
	flood := join(t, base, "flood")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		payload := strings.Repeat("y", 10_000)
		for i := 0; ctx.Err() == nil; i++ {
			text := fmt.Sprintf(`{"type":"OFFER","dst":"absent%d","payload":"%s"}`, i%50, payload)
			if flood.conn.Write(ctx, websocket.MessageText, []byte(text)) != nil {
				return
			}
		}
	}()
	eventually(t, "the flood has filled its share", func() bool { return s.Stats().Bytes > 100_000 })
	exchange(t, base)
	if st := s.Stats(); st.Bytes > 1<<18 {
		t.Errorf("%+v: one address may take an eighth of 1 MiB or one message", st)
	}
	cancel()
	<-done
	if after := heap(); after > before+32<<20 {
		t.Errorf("the heap has grown by %d MiB", (after-before)>>20)
	}
}

// What a request has beside id and token is not kept.
func TestLongURLsAreForgotten(t *testing.T) {
	_, base := start(t, peerserver.Options{})
	before := heap()
	more := strings.Repeat("m", 900_000)
	for i := range 40 {
		dial(t, base, fmt.Sprintf("key=peerjs&token=t&id=long%d&more=%s", i, more)).expect(`{"type":"OPEN"}`)
	}
	eventually(t, "the URLs are forgotten", func() bool { return heap() < before+10<<20 })
}

// A peer that never reads must not hold up who sends to it, nor make the
// server keep all of it.
func TestReceiverThatDoesNotReadIsCheap(t *testing.T) {
	s, base := start(t, peerserver.Options{Rate: 1e6, Burst: 1e6, QueueMessages: 16, QueueBytes: 1 << 20, MaxMessage: 64 << 10})
	join(t, base, "deaf") // nothing reads it from now on
	a := join(t, base, "a")
	before := heap()
	payload := strings.Repeat("z", 50_000)
	expired := make(chan error, 1)
	go func() {
		got, err := a.receive()
		if want := `{"type":"EXPIRE","src":"deaf","dst":"a"}`; err == nil && got != want {
			err = fmt.Errorf("received %s", got)
		}
		expired <- err
	}()
	for start := time.Now(); ; {
		a.send(`{"type":"OFFER","dst":"deaf","payload":"` + payload + `"}`)
		select {
		case err := <-expired:
			if err != nil {
				t.Error(err)
			}
			if after := heap(); after > before+32<<20 {
				t.Errorf("the heap has grown by %d MiB", (after-before)>>20)
			}
			eventually(t, "the deaf one is closed", func() bool { return s.Stats().Peers == 1 })
			exchange(t, base)
			return
		default:
			if time.Since(start) > patience {
				t.Fatal("the sender never hears that nothing arrives")
			}
		}
	}
}

func TestHalfOpenSocketsAreBounded(t *testing.T) {
	s, base := start(t, peerserver.Options{ConnsPerAddr: 10, AliveTimeout: time.Second})
	address := strings.TrimPrefix(base, "http://")
	// Connections that say hello and then nothing, not even that they close.
	var open []net.Conn
	for i := range 30 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET /peerjs?key=peerjs&token=t&id=half%d HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", i)
		open = append(open, c)
	}
	upgraded := 0
	for _, c := range open {
		answer := make([]byte, len("HTTP/1.1 101"))
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.ReadFull(c, answer); err != nil {
			t.Fatal(err)
		}
		if string(answer) == "HTTP/1.1 101" {
			upgraded++
		}
	}
	if upgraded < 10 {
		t.Errorf("%d of 30 were upgraded", upgraded)
	}
	if st := s.Stats(); st.Sockets > 10 {
		t.Errorf("%+v", st)
	}
	eventually(t, "half-open connections are given up", func() bool { return s.Stats().Sockets == 0 })
	exchange(t, base)
}

func TestProxiedAddressesAreTheClients(t *testing.T) {
	_, base := start(t, peerserver.Options{ConnsPerAddr: 1, Proxied: true})
	try := func(id, forwarded string) error {
		c, resp, err := tryDial(t, base, "key=peerjs&token=t&id="+id, http.Header{"X-Forwarded-For": {forwarded}})
		if err != nil && (resp == nil || resp.StatusCode != http.StatusTooManyRequests) {
			t.Errorf("%s: %v", forwarded, err)
		}
		if err == nil {
			c.expect(`{"type":"OPEN"}`)
		}
		return err
	}
	// Whatever the client itself wrote before the proxy's entry is ignored.
	for i, test := range []struct {
		forwarded string
		want      bool
	}{
		{"203.0.113.1", true},
		{"198.51.100.9, 203.0.113.1", false},
		{"203.0.113.1, 203.0.113.2", true},
		{"2001:db8::1", true},
		{"2001:db8::2", false},
		{"2001:db8:0:1::2", true},
	} {
		if err := try(fmt.Sprint("id", i), test.forwarded); (err == nil) != test.want {
			t.Errorf("from %s: %v, want success %v", test.forwarded, err, test.want)
		}
	}
}

// Neither a guess nor the token of another id takes an id over.
func TestTokensOfOthersAreRefused(t *testing.T) {
	s, base := start(t, peerserver.Options{})
	victim := join(t, base, "victim")
	attacker := join(t, base, "attacker")
	_ = attacker
	for _, token := range []string{"token-of-attacker", "token-of-victi", "token-of-victim%00", "TOKEN-OF-VICTIM"} {
		c := dial(t, base, "key=peerjs&id=victim&token="+token)
		c.expect(`{"type":"ID-TAKEN","payload":{"msg":"ID is taken"}}`)
		c.expectClosed()
	}
	attacker.send(`{"type":"OFFER","src":"root","dst":"victim"}`)
	victim.expect(`{"type":"OFFER","src":"attacker","dst":"victim"}`)
	if st := s.Stats(); st.Peers != 2 {
		t.Errorf("%+v", st)
	}
}

func TestConnectionsAreBoundedBeforeTheyHaveAnID(t *testing.T) {
	_, base := start(t, peerserver.Options{ConcurrentLimit: 1, ConnsPerAddr: 1000})
	join(t, base, "one")
	refused := 0
	for i := range 100 {
		// They are told why, and never answer the close.
		_, resp, err := tryDial(t, base, fmt.Sprintf("key=peerjs&token=t&id=%d", i), nil)
		if err != nil && (resp == nil || resp.StatusCode != http.StatusServiceUnavailable) {
			t.Fatal(err)
		}
		if err != nil {
			refused++
		}
	}
	if refused < 30 {
		t.Errorf("%d of 100 connections too many were refused", refused)
	}
}

// What was on its way to a connection that broke is there for the next one.
func TestUnsentMessagesWait(t *testing.T) {
	s, base := start(t, peerserver.Options{Rate: 1e6, Burst: 1e6, QueueMessages: 64, ExpireTimeout: time.Hour})
	deaf := join(t, base, "deaf")
	host, err := s.Dial("host", "t")
	if err != nil {
		t.Fatal(err)
	}
	// Fill the socket's buffers, then a little of the queue behind it.
	payload := []byte(`"` + strings.Repeat("z", 200_000) + `"`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	told := make(chan error, 1)
	go func() {
		_, err := host.Receive(ctx)
		told <- err
	}()
	sent := 0
	for full := false; !full; sent++ {
		if err := host.Send(peerserver.Message{Type: peerserver.Offer, Dst: "deaf", Payload: payload}); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-told:
			if err != nil {
				t.Fatal(err)
			}
			full = true
		default:
		}
	}
	_ = deaf.conn.CloseNow()
	eventually(t, "the deaf one is gone", func() bool { return s.Stats().Peers == 1 })
	if n := s.Stats().Messages; n == 0 || n > 64 {
		t.Errorf("%d of %d messages wait", n, sent)
	}
	again := join(t, base, "deaf")
	if text, err := again.receive(); err != nil || !strings.HasPrefix(text, `{"type":"OFFER","src":"host"`) {
		t.Errorf("%.60s, %v", text, err)
	}
	if err := host.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// Who does not wait for the answer to the upgrade is heard all the same.
func TestEarlyMessagesAreHeard(t *testing.T) {
	_, base := start(t, peerserver.Options{})
	for _, length := range []int{10, 100, 3000} {
		c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		text := `{"type":"OFFER","dst":"early","payload":"` + strings.Repeat("e", length) + `"}`
		header := []byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0} // masked with zeros
		if len(text) > 125 {
			header = []byte{0x81, 0x80 | 126, byte(len(text) >> 8), byte(len(text)), 0, 0, 0, 0}
		}
		fmt.Fprintf(c, "GET /peerjs?key=peerjs&token=t&id=early HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n%s%s", header, text)
		_ = c.SetReadDeadline(time.Now().Add(patience))
		var got strings.Builder
		for b := make([]byte, 4096); !strings.Contains(got.String(), `"src":"early"`); {
			n, err := c.Read(b)
			got.Write(b[:n])
			if err != nil {
				t.Fatalf("%d bytes of payload: %v after %q", length, err, got.String())
			}
		}
	}
}
