package bench

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/streams"
)

const (
	lowerings = 30
	// heldKey is what a viewer holds while it presses otherKey again and
	// again.
	heldKey, otherKey = 30, 31
	// pressEvery is how often.
	pressEvery = time.Millisecond
)

// keyboard is an injector that knows which keys are down, and when something
// was last pressed or let go of.
type keyboard struct {
	mu   sync.Mutex
	down map[uint16]bool
	last time.Time
}

func (k *keyboard) Inject(e input.Event) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := e.(input.Key); ok {
		k.down[key.Code], k.last = key.Down, time.Now()
	}
	return nil
}

func (k *keyboard) Close() error { return nil }

func (k *keyboard) holds(code uint16) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.down[code]
}

func (k *keyboard) touched() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

// BenchmarkPeerLevel measures how long it takes after a viewer's level was
// lowered until nothing of it is injected any more and all its keys are up,
// and until the viewer knows.
func BenchmarkPeerLevel(b *testing.B) {
	for b.Loop() {
		desk := &keyboard{down: map[uint16]bool{}}
		stream, err := streams.New(streams.Options{
			Name: "desktop", Tracks: []*streams.Track{streams.NewTrack("desktop", &peertest.Source{})},
			Injector: desk, Level: input.All,
		})
		if err != nil {
			b.Fatal(err)
		}
		s := startSignalling(b)
		host, stop := runPeer(b, peer.Options{ID: "host", Signal: s.near(), Verify: peer.AllowAll, Streams: []*streams.Stream{stream}})
		viewer, leave := runPeer(b, peer.Options{ID: "viewer", Signal: s.near()})
		l := &lowering{b: b, desk: desk, published: host.Published()[0], told: make(chan input.Level, 2*lowerings+2)}
		peer.On(viewer, func(e peer.PermissionsChanged) { l.told <- e.Level })
		r, err := viewer.Connect(b.Context(), host.ID(), peer.ConnectOptions{Watch: true})
		if err != nil {
			b.Fatal(err)
		}
		if l.watched, err = r.Stream(b.Context()); err != nil {
			b.Fatal(err)
		}
		var released, known []float64
		load := during(b, func() {
			for range lowerings {
				r, k := l.once()
				released, known = append(released, r), append(known, k)
			}
		})
		leave()
		stop()
		if err := stream.Close(); err != nil {
			b.Error(err)
		}
		target := Target{Median: 100, Max: 100}
		add(b, lowerings, Result{Name: "level lowered → keys up, input refused", Unit: "ms", Target: target, Samples: released, Load: load})
		add(b, lowerings, Result{Name: "level lowered → the viewer knows", Unit: "ms", Target: target, Samples: known, Load: load})
	}
}

// lowering takes a viewer's permission away and gives it back.
type lowering struct {
	b         *testing.B
	desk      *keyboard
	published *peer.OutboundStream
	watched   *peer.InboundStream
	told      chan input.Level
}

// once has the viewer hold a key and go on pressing another, lowers its level,
// and returns after how many milliseconds the last of its input was injected,
// and after how many it knew.
func (l *lowering) once() (released, known float64) {
	l.b.Helper()
	for l.watched.SendInput(input.Key{Code: heldKey, Down: true}) != nil {
		time.Sleep(pressEvery) // until its channels are open
	}
	peertest.Eventually(l.b, "the key is down", func() bool { return l.desk.holds(heldKey) })
	ctx, cancel := context.WithCancel(l.b.Context())
	pressed := make(chan struct{})
	go func() {
		defer close(pressed)
		for down := true; ctx.Err() == nil; down = !down {
			_ = l.watched.SendInput(input.Key{Code: otherKey, Down: down})
			time.Sleep(pressEvery)
		}
	}()
	time.Sleep(20 * pressEvery)
	viewer := l.published.Viewers()[0]
	began := time.Now()
	if err := l.published.SetPeerLevel(viewer, input.None); err != nil {
		l.b.Fatal(err)
	}
	l.awaitLevel(input.None)
	known = Milliseconds(time.Since(began))
	time.Sleep(100 * pressEvery) // whatever is under way arrives
	cancel()
	<-pressed
	if l.desk.holds(heldKey) || l.desk.holds(otherKey) {
		l.b.Error("a key stayed down")
	}
	released = max(Milliseconds(l.desk.touched().Sub(began)), 0)
	if err := l.published.SetPeerLevel(viewer, input.All); err != nil {
		l.b.Fatal(err)
	}
	l.awaitLevel(input.All)
	return released, known
}

// awaitLevel waits until the viewer was told of a level.
func (l *lowering) awaitLevel(level input.Level) {
	for got := range l.told {
		if got == level {
			return
		}
	}
}
