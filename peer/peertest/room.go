package peertest

import (
	"context"
	"sync"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/signal/memory"
	"github.com/causeway-rtc/causeway/streams"
)

// Exchange is a World in which there is nobody yet.
func Exchange(t testing.TB) *World {
	t.Helper()
	return &World{Bus: memory.New(memory.Options{}), Tape: &Tape{}, t: t}
}

// Peer runs a peer that lets everybody in, until the test ends.
func (w *World) Peer(id string, change ...func(*peer.Options)) *peer.Peer {
	w.t.Helper()
	o := peer.Options{ID: id, Signal: w.Dial("192.0.2.9"), Verify: peer.AllowAll, Log: Log(w.t)}
	for _, f := range change {
		f(&o)
	}
	p := w.Run(o)
	<-p.Ready()
	return p
}

// Picture makes a stream of one picture, of fps frames a second, that lives
// as long as the test.
func (w *World) Picture(name string, fps int) *streams.Stream {
	w.t.Helper()
	return w.Publish(streams.Options{Name: name, Tracks: []*streams.Track{streams.NewTrack(name, &Source{FPS: fps, Size: 300})}})
}

// Enter has peers join a room, and waits until all of them are connected to
// each other.
func Enter(t testing.TB, room string, peers ...*peer.Peer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	for _, p := range peers {
		if err := p.JoinRoom(ctx, room, peer.JoinOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	Meshed(t, room, peers...)
}

// Meshed waits until the peers are all connected to each other in a room.
func Meshed(t testing.TB, room string, peers ...*peer.Peer) {
	t.Helper()
	for _, p := range peers {
		for _, other := range peers {
			if p != other {
				Link(t, room, p, other)
			}
		}
	}
}

// Link waits for p's connection to another peer in a room, and returns p's
// end of it.
func Link(t testing.TB, room string, p, other *peer.Peer) *peer.Remote {
	t.Helper()
	var found *peer.Remote
	Eventually(t, p.ID()+" is connected to "+other.ID()+" in "+room, func() bool {
		found = Find(p, room, other.ID())
		return found != nil && found.State() == peer.StateConnected
	})
	return found
}

// Find is p's connection to a peer in a room, or nil.
func Find(p *peer.Peer, room, id string) *peer.Remote {
	for _, r := range p.Remotes() {
		if r.ID() == id && r.Room() == room {
			return r
		}
	}
	return nil
}

// Record keeps the events of one type.
type Record[E any] struct {
	mu  sync.Mutex
	all []E
}

// Listen records the events of a peer from now on.
func Listen[E any](p *peer.Peer) *Record[E] {
	r := &Record[E]{}
	peer.On(p, func(e E) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = append(r.all, e)
	})
	return r
}

// All are those so far, in order.
func (r *Record[E]) All() []E {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]E(nil), r.all...)
}

// Count is how many so far f is true of.
func (r *Record[E]) Count(f func(E) bool) int {
	n := 0
	for _, e := range r.All() {
		if f(e) {
			n++
		}
	}
	return n
}

// Await waits for an event that f is true of.
func (r *Record[E]) Await(t testing.TB, what string, f func(E) bool) E {
	t.Helper()
	var found E
	Eventually(t, what, func() bool {
		for _, e := range r.All() {
			if f(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}
