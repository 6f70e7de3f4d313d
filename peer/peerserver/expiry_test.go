package peerserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// received is what waits in a connection's queue.
func received(c *LocalConn) []Message {
	var all []Message
	for {
		select {
		case m := <-c.queue:
			all = append(all, m)
		default:
			return all
		}
	}
}

func mustDial(t *testing.T, s *Server, id string) *LocalConn {
	t.Helper()
	c, err := s.Dial(id, "token of "+id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustSend(t *testing.T, c *LocalConn, m Message) {
	t.Helper()
	if err := c.Send(m); err != nil {
		t.Fatal(err)
	}
}

func TestMessagesExpireBySender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		defer s.Close()
		early, late := mustDial(t, s, "early"), mustDial(t, s, "late")
		mustSend(t, early, Message{Type: Offer, Dst: "nobody"})
		mustSend(t, early, Message{Type: Offer, Dst: "other"})
		time.Sleep(4 * time.Second)
		mustSend(t, early, Message{Type: Candidate, Dst: "nobody"})
		mustSend(t, late, Message{Type: Offer, Dst: "nobody"})
		time.Sleep(900 * time.Millisecond)
		synctest.Wait()
		if got := append(received(early), received(late)...); got != nil {
			t.Fatalf("after 4.9 s: %+v", got)
		}
		time.Sleep(1200 * time.Millisecond)
		synctest.Wait()
		got := received(early)
		if len(got) != 2 || got[0].Type != Expire || got[0].Dst != "early" || got[0].Src == got[1].Src {
			t.Errorf("early is told %+v, want EXPIRE of nobody and other, once each", got)
		}
		if got := received(late); got != nil {
			t.Errorf("late is told %+v after 2 s", got)
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if got := received(late); len(got) != 1 || got[0].Type != Expire || got[0].Src != "nobody" {
			t.Errorf("late is told %+v", got)
		}
		if st := s.Stats(); st.Messages != 0 || st.Bytes != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{QueueMessages: 20, QueueBytes: 80_000, MaxMessage: 1000})
		defer s.Close()
		c := mustDial(t, s, "flood")
		for range 15 {
			mustSend(t, c, Message{Type: Offer, Dst: "one"})
		}
		if got := received(c); len(got) != 5 || got[0].Type != Expire || got[0].Src != "one" {
			t.Errorf("5 too many for one peer are answered by %+v", got)
		}
		payload := json.RawMessage(fmt.Sprintf(`"%0900d"`, 0))
		for i := range 100 {
			mustSend(t, c, Message{Type: Offer, Dst: fmt.Sprint("peer", i), Payload: payload})
		}
		if st := s.Stats(); st.Bytes > 10_000 || st.Bytes < 8000 {
			t.Errorf("one address takes %d bytes of 80000, want an eighth", st.Bytes)
		}
		if n := len(received(c)); n != 100-(s.Stats().Messages-10) {
			t.Errorf("%d were answered by EXPIRE, %+v", n, s.Stats())
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if st := s.Stats(); st.Messages != 0 || st.Bytes != 0 || len(s.waiting.byAddr) != 0 || s.sweeper != nil {
			t.Errorf("after all have expired: %+v", st)
		}
	})
}

func TestBusyHostIsNotDisconnected(t *testing.T) {
	s := New(Options{})
	defer s.Close()
	host, page := mustDial(t, s, "host"), mustDial(t, s, "page")
	told := 0
	for range 2 * cap(host.queue) {
		mustSend(t, page, Message{Type: Offer, Dst: "host"})
		told += len(received(page))
	}
	if n := len(received(host)); n != cap(host.queue) || told != n {
		t.Errorf("the host got %d, %d were answered by EXPIRE", n, told)
	}
	mustSend(t, page, Message{Type: Offer, Dst: "host"})
	if n := len(received(host)); n != 1 {
		t.Errorf("the host got %d once it had read", n)
	}
}

// pipeListener accepts what is put into it: connections within a bubble.
type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	c, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l pipeListener) Close() error   { return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// dialPipe connects through the listener.
func dialPipe(t *testing.T, l pipeListener, query string) *websocket.Conn {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		here, there := net.Pipe()
		l <- there
		return here, nil
	}
	conn, _, err := websocket.Dial(t.Context(), "ws://server/peerjs?key=peerjs&"+query, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestSilentPeersAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{AliveTimeout: 20 * time.Second})
		l := make(pipeListener)
		server := &http.Server{Handler: s}
		go func() { _ = server.Serve(l) }()
		defer func() {
			_ = s.Close()
			close(l)
			_ = server.Close()
		}()
		silent, lively := dialPipe(t, l, "id=silent&token=t"), dialPipe(t, l, "id=lively&token=t")
		defer silent.CloseNow()
		defer lively.CloseNow()
		for _, c := range []*websocket.Conn{silent, lively} {
			if _, b, err := c.Read(t.Context()); err != nil || string(b) != `{"type":"OPEN"}` {
				t.Fatalf("%s, %v", b, err)
			}
		}
		for range 5 {
			time.Sleep(5 * time.Second)
			if err := lively.Write(t.Context(), websocket.MessageText, []byte(`{"type":"HEARTBEAT"}`)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if st := s.Stats(); st.Peers != 1 || st.Sockets != 1 || s.members["lively"] == nil {
			t.Errorf("after 25 s: %+v", st)
		}
		if _, _, err := silent.Read(t.Context()); err == nil || errors.Is(err, t.Context().Err()) {
			t.Errorf("the silent one: %v", err)
		}
	})
}

func TestBucketPaces(t *testing.T) {
	b, now := newBucket(10, 3), time.Unix(0, 0)
	for i := range 3 {
		if d := b.take(now); d != 0 {
			t.Errorf("message %d of a burst of 3 waits %v", i, d)
		}
	}
	for i, want := range []time.Duration{100 * time.Millisecond, 200 * time.Millisecond} {
		if d := b.take(now); d != want {
			t.Errorf("message %d over the burst waits %v, want %v", i, d, want)
		}
	}
	if d := b.take(now.Add(10 * time.Second)); d != 0 {
		t.Errorf("after a rest: %v", d)
	}
}

// FuzzParseMessage holds that a stranger's bytes never panic, and that what is
// passed on is JSON of the same meaning.
func FuzzParseMessage(f *testing.F) {
	for _, text := range []string{
		`{"type":"OFFER","dst":"b","payload":{"sdp":{"type":"offer","sdp":"v=0\r\n"},"type":"data"}}`, `{"type":"HEARTBEAT"}`,
		`{"type":"ANSWER","src":"ü\"\\","dst":"\u2028"}`, `null`, `[1]`, `{"payload":null}`, ` {"Type":"LEAVE" , "dst" : "\ud800" } `,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := parseMessage(b)
		if err != nil {
			return
		}
		text := first.marshal()
		second, err := parseMessage(text)
		if err != nil {
			t.Fatalf("%q became %q: %v", b, text, err)
		}
		if string(second.marshal()) != string(text) || second.Type != first.Type || second.Dst != first.Dst {
			t.Fatalf("%q became %q, then %q", b, text, second.marshal())
		}
	})
}
