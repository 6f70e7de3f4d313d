package skyway

import (
	"net/http/httptest"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/calls/callstest"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
	"github.com/causeway-rtc/causeway/streams"
)

var (
	soon       = callstest.Soon
	testLog    = callstest.Log
	eventually = callstest.Eventually
	pattern    = callstest.Pattern
)

// The keys of the tests.
const (
	openKey   = "00000000-0000-0000-0000-000000000000"
	secretKey = "11111111-1111-1111-1111-111111111111"
	bareKey   = "22222222-2222-2222-2222-222222222222" // no SFU, no list
	secret    = "s3cret"
)

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

// source is a track of chunks that only look like video.
func source(t testing.TB) *streams.Track {
	t.Helper()
	track := streams.NewTrack("source", &peertest.Source{FPS: 30})
	t.Cleanup(func() { _ = track.Close() })
	return track
}
