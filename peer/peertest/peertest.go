package peertest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/memory"
	"github.com/causeway-rtc/causeway/streams"
)

// Patience is how long a test waits for what should happen soon, on a busy
// machine.
const Patience = 30 * time.Second

// HostID is the id of the host of a [World].
const HostID = "desk"

// World is a host, and the exchange where viewers find it.
type World struct {
	Bus   *memory.Bus
	Host  *peer.Peer
	Token auth.Token
	// Stream is what the host publishes, and Video the picture of it.
	Stream *streams.Stream
	Video  *streams.Track
	Tape   *Tape
	t      testing.TB
}

// New runs a host until the test ends. Each of change may change its options,
// which publish a stream of video and sound, with every level.
func New(t testing.TB, change ...func(*peer.Options)) *World {
	t.Helper()
	w := &World{Bus: memory.New(memory.Options{}), Token: auth.NewToken(), Tape: &Tape{}, t: t}
	w.Video = streams.NewTrack("desktop", &Source{})
	w.Stream = w.Publish(streams.Options{
		Name:     "desktop",
		Tracks:   []*streams.Track{w.Video, streams.NewTrack("sound", AudioSource{})},
		Injector: w.Tape, Level: input.All,
	})
	o := peer.Options{
		ID:      HostID,
		Signal:  w.Dial("192.0.2.1"),
		Streams: []*streams.Stream{w.Stream},
		Verify:  peer.VerifyToken(auth.NewGuard(w.Token, auth.Options{})),
		Log:     Log(t),
	}
	for _, f := range change {
		f(&o)
	}
	if len(o.Streams) > 0 {
		w.Stream = o.Streams[0]
		w.Video = w.Stream.Tracks()[0]
	}
	w.Host = w.Run(o)
	<-w.Host.Ready()
	return w
}

// Publish makes a stream that lives as long as the test.
func (w *World) Publish(o streams.Options) *streams.Stream {
	w.t.Helper()
	s, err := streams.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = s.Close() })
	return s
}

// Dial connects to the exchange from an address.
func (w *World) Dial(addr string) signal.Conn {
	w.t.Helper()
	c, err := w.Bus.Dial(addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

// Run runs a peer until the test ends.
func (w *World) Run(o peer.Options) *peer.Peer {
	w.t.Helper()
	p, err := peer.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("%s: %v", o.ID, err)
		}
	})
	return p
}

// Viewer runs a viewer's peer until the test ends.
func (w *World) Viewer(id string, change ...func(*peer.Options)) *peer.Peer {
	w.t.Helper()
	o := peer.Options{ID: id, Signal: w.Dial("192.0.2.7"), Log: Log(w.t)}
	for _, f := range change {
		f(&o)
	}
	return w.Run(o)
}

// Connect runs a viewer and connects it to the host, all of whose streams it
// watches.
func (w *World) Connect(id string, change ...func(*peer.Options)) *peer.Remote {
	w.t.Helper()
	r, err := w.Join(w.Viewer(id, change...), string(w.Token))
	if err != nil {
		w.t.Fatalf("%s did not connect: %v", id, err)
	}
	return r
}

// Join connects a viewer to the host with a token. Both ends are then
// connected.
func (w *World) Join(viewer *peer.Peer, token string) (*peer.Remote, error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	r, err := viewer.Connect(ctx, HostID, peer.ConnectOptions{Token: token, Watch: true})
	if err == nil {
		Eventually(w.t, "the host is connected to "+viewer.ID(), func() bool { return w.RemoteOf(viewer.ID()) != nil })
	}
	return r, err
}

// RemoteOf is the host's end of a connection.
func (w *World) RemoteOf(id string) *peer.Remote {
	for _, r := range w.Host.Remotes() {
		if r.ID() == id {
			return r
		}
	}
	return nil
}

// Eventually waits until f is true.
func Eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	deadline := time.After(Patience)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !f() {
		select {
		case <-deadline:
			t.Fatalf("it did not happen: %s", what)
		case <-ticker.C:
		}
	}
}

// Log logs to the test.
func Log(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(Output(t), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// Tape is an [input.Injector] that records.
type Tape struct {
	mu     sync.Mutex
	events []input.Event
}

// Inject records e.
func (p *Tape) Inject(e input.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
	return nil
}

// Close does nothing.
func (p *Tape) Close() error { return nil }

// Events returns what was recorded so far.
func (p *Tape) Events() []input.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]input.Event(nil), p.events...)
}
