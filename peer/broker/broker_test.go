package broker_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/broker"
	"github.com/causeway-rtc/causeway/peer/internal/leaktest"
	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/drivers"
	"github.com/causeway-rtc/causeway/peer/signal/memory"
	"github.com/causeway-rtc/causeway/peer/signal/signaltest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// start serves a broker and returns the URL of its endpoint.
func start(t *testing.T, o broker.Options) (*broker.Broker, string) {
	t.Helper()
	b := broker.New(o)
	server := httptest.NewServer(b)
	t.Cleanup(func() {
		_ = b.Close()
		server.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return b, "ws" + strings.TrimPrefix(server.URL, "http")
}

func dial(t *testing.T, url string) signal.Conn {
	t.Helper()
	c, err := signal.Dial(t.Context(), drivers.All(), url, signal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// raw opens a WebSocket without a driver.
func raw(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func TestConformance(t *testing.T) {
	t.Run("websocket", func(t *testing.T) {
		_, url := start(t, broker.Options{ConnsPerAddr: 1000})
		signaltest.Run(t, func(t *testing.T) signal.Conn { return dial(t, url) })
	})
	t.Run("inprocess", func(t *testing.T) {
		b, _ := start(t, broker.Options{})
		signaltest.Run(t, func(t *testing.T) signal.Conn {
			c, err := b.Dial()
			if err != nil {
				t.Fatal(err)
			}
			return c
		})
	})
}

func TestOrigin(t *testing.T) {
	_, open := start(t, broker.Options{})
	_, strict := start(t, broker.Options{AllowOrigin: broker.SameOrigin})
	for _, test := range []struct {
		url, origin string
		want        bool
	}{
		{open, "http://elsewhere.example", true},
		{open, "null", true},
		{strict, "", true},
		{strict, "http://" + strings.TrimPrefix(strict, "ws://"), true},
		{strict, "http://attacker.example", false},
		{strict, "null", false},
	} {
		header := http.Header{}
		if test.origin != "" {
			header.Set("Origin", test.origin)
		}
		c, _, err := websocket.Dial(t.Context(), test.url, &websocket.DialOptions{HTTPHeader: header})
		if (err == nil) != test.want {
			t.Errorf("from %q: %v, want success %v", test.origin, err, test.want)
		}
		if err == nil {
			_ = c.CloseNow()
		}
	}
}

func TestPingAndGarbage(t *testing.T) {
	_, url := start(t, broker.Options{})
	c := raw(t, url)
	for _, test := range []struct{ send, want string }{
		{"ping", "pong"},
		{"garbage", `["!","syntax"`},
		{`[">","r:a"]`, ""},
		{`["r:b",{"type":"join","id":"a"}]`, `["!","absent","nobody is r:b","r:b"]`},
		{`["r:a",{"type":"join","id":"a","ID":"b"}]`, `["!","denied"`},
	} {
		if err := c.Write(t.Context(), websocket.MessageText, []byte(test.send)); err != nil {
			t.Fatal(err)
		}
		if test.want == "" {
			continue
		}
		if _, b, err := c.Read(t.Context()); err != nil || !strings.HasPrefix(string(b), test.want) {
			t.Errorf("%s was answered by %s, %v; want %s", test.send, b, err, test.want)
		}
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	_, url := start(t, broker.Options{ConnsPerAddr: 2})
	raw(t, url)
	second := raw(t, url)
	_, resp, err := websocket.Dial(t.Context(), url, nil)
	if err == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("a third connection: %v", err)
	}
	_ = second.CloseNow()
	for ctx, cancel := context.WithTimeout(t.Context(), signaltest.Patience); ; {
		c, _, err := websocket.Dial(ctx, url, nil)
		if err == nil {
			_ = c.CloseNow()
			cancel()
			return
		}
		if ctx.Err() != nil {
			t.Fatal("a closed connection is still counted")
		}
	}
}

func TestFloodIsRefusedThenClosed(t *testing.T) {
	_, url := start(t, broker.Options{Rate: 1, Burst: 10})
	c := raw(t, url)
	go func() {
		for c.Write(context.Background(), websocket.MessageText, []byte("ping")) == nil {
		}
	}()
	counts := map[string]int{}
	for {
		_, b, err := c.Read(t.Context())
		if err != nil {
			break
		}
		counts[string(b)]++
	}
	if n := counts["pong"]; n < 10 || n > 100 {
		t.Errorf("%d of a flood of pings were answered", n)
	}
	if counts[`["!","limit","too many frames a second",""]`] == 0 {
		t.Errorf("nothing was refused: %v", counts)
	}
}

func TestClientThatDoesNotReadIsClosed(t *testing.T) {
	b, url := start(t, broker.Options{Exchange: memory.Options{Queue: 8}})
	host, err := b.Dial()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Subscribe(t.Context(), "r:host", ""); err != nil {
		t.Fatal(err)
	}
	slow := raw(t, url)
	if err := slow.Write(t.Context(), websocket.MessageText, []byte(`[">","r:slow"]`)); err != nil {
		t.Fatal(err)
	}
	m := signal.Message{Type: "offer", ID: "host", Data: []byte(`"` + strings.Repeat("x", 200_000) + `"`)}
	var there bool
	for start := time.Now(); time.Since(start) < signaltest.Patience; {
		err := host.Publish(t.Context(), "r:slow", m)
		if there = there || err == nil; there && errors.Is(err, signal.ErrAbsent) {
			return
		}
	}
	t.Error("a client that does not read was kept")
}

func TestReconnect(t *testing.T) {
	var current atomic.Pointer[broker.Broker]
	b := broker.New(broker.Options{})
	current.Store(b)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { current.Load().ServeHTTP(w, r) }))
	defer server.Close()
	c := dial(t, "ws"+strings.TrimPrefix(server.URL, "http"))
	if err := c.Subscribe(t.Context(), "r:c", ""); err != nil {
		t.Fatal(err)
	}
	next := broker.New(broker.Options{})
	defer func() { _ = next.Close() }()
	current.Store(next)
	_ = b.Close()

	host, err := next.Dial()
	if err != nil {
		t.Fatal(err)
	}
	_ = host.Subscribe(t.Context(), "r:h", "")
	ctx, cancel := context.WithTimeout(t.Context(), signaltest.Patience)
	defer cancel()
	for errors.Is(host.Publish(ctx, "r:c", signal.Message{Type: "join", ID: "h"}), signal.ErrAbsent) {
		if ctx.Err() != nil {
			t.Fatal("the client did not come back")
		}
	}
	if _, m, err := c.Receive(ctx); err != nil || m.ID != "h" {
		t.Errorf("received %+v, %v", m, err)
	}
}

func TestTakenOverConnectionStaysClosed(t *testing.T) {
	_, url := start(t, broker.Options{})
	first, second := dial(t, url), dial(t, url)
	for _, c := range []signal.Conn{first, second} {
		if err := c.Subscribe(t.Context(), "r:a", "secret"); err != nil {
			t.Fatal(err)
		}
		// The second must come after the first.
		_ = c.Publish(t.Context(), "r:b", signal.Message{Type: "join", ID: "a"})
		if _, _, err := c.Receive(t.Context()); !errors.Is(err, signal.ErrAbsent) {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), signaltest.Patience)
	defer cancel()
	if _, _, err := first.Receive(ctx); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the first connection's Receive returned %v", err)
	}
}
