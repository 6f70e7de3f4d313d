package peerjs

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// patience is how long a test waits for what should happen soon, on a busy
// machine.
const patience = 60 * time.Second

func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// newServer is a server in this process.
func newServer(t testing.TB, o peerserver.Options) *peerserver.Server {
	t.Helper()
	o.CleanupInterval, o.ExpireTimeout = 100*time.Millisecond, 500*time.Millisecond
	s := peerserver.New(o)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// at are the options of a peer that reaches a server by its URL.
func at(t testing.TB, text string) Options {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return Options{Host: u.Hostname(), Port: port, PingInterval: time.Second}
}

// listen serves s over HTTP.
func listen(t testing.TB, s *peerserver.Server) string {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return h.URL
}

// run runs a peer until the test ends.
func run(t testing.TB, id string, o Options) *Peer {
	t.Helper()
	if o.ICEServers == nil {
		o.ICEServers = []peer.ICEServer{}
	}
	if o.Log == nil {
		o.Log = testLog(t).With("at", id)
	}
	p, err := New(id, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%s: %v", id, err)
			}
		case <-time.After(patience):
			t.Errorf("%s did not end", id)
		}
	})
	return p
}

// runOpen is run, and waits until the server knows the peer.
func runOpen(t testing.TB, id string, o Options) *Peer {
	t.Helper()
	p := run(t, id, o)
	if err := p.WaitOpen(soon(t)); err != nil {
		t.Fatal(err)
	}
	return p
}

// events collects the events of a type; more than its capacity are dropped.
func collect[E any](p *Peer) <-chan E {
	c := make(chan E, 64)
	On(p, func(e E) {
		select {
		case c <- e:
		default:
		}
	})
	return c
}

// next waits for an event.
func next[E any](t testing.TB, c <-chan E) E {
	t.Helper()
	select {
	case e := <-c:
		return e
	case <-time.After(patience):
		var e E
		t.Fatalf("no %T came", e)
		return e
	}
}

// eventually waits until f is true.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("it did not happen: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// replace puts values in the place of names: "%a", "1", "%b", "2".
func replace(text string, pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(text)
}
