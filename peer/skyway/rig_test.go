package skyway

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
	"github.com/causeway-rtc/causeway/streams"
)

// patience is how long a test waits for what should happen soon, on a busy
// machine.
const patience = 60 * time.Second

// The keys of the tests.
const (
	openKey   = "00000000-0000-0000-0000-000000000000"
	secretKey = "11111111-1111-1111-1111-111111111111"
	bareKey   = "22222222-2222-2222-2222-222222222222" // no SFU, no list
	secret    = "s3cret"
)

func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func testKeys() map[string]skywayserver.Key {
	return map[string]skywayserver.Key{openKey: {List: true}, secretKey: {Secret: secret, List: true}, bareKey: {NoSFU: true}}
}

// newServer is a server in this process.
func newServer(t testing.TB, o skywayserver.Options) *skywayserver.Server {
	t.Helper()
	o.Keys = testKeys()
	s := skywayserver.New(o)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// listen serves s over HTTP.
func listen(t testing.TB, s *skywayserver.Server) string {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		_ = s.Close()
		h.Close()
	})
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
	if o.Key == "" {
		o.Key = openKey
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

// collect collects the events of a type; more than its capacity are dropped.
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

// source is a track of chunks that only look like video.
func source(t testing.TB) *streams.Track {
	t.Helper()
	track := streams.NewTrack("source", &peertest.Source{FPS: 30})
	t.Cleanup(func() { _ = track.Close() })
	return track
}
