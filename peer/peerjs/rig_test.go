package peerjs

import (
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/calls/callstest"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

const patience = callstest.Patience

var (
	soon       = callstest.Soon
	testLog    = callstest.Log
	eventually = callstest.Eventually
	pattern    = callstest.Pattern
)

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
	callstest.Run(t, id, p.Run)
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

// collect collects the events of a type.
func collect[E any](p *Peer) <-chan E {
	return callstest.Collect(func(f func(E)) (off func()) { return On(p, f) })
}

func next[E any](t testing.TB, c <-chan E) E {
	t.Helper()
	return callstest.Next(t, c)
}

// replace puts values in the place of names: "%a", "1", "%b", "2".
func replace(text string, pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(text)
}
