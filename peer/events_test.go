package peer_test

import (
	"sync/atomic"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// raised is an application's own type of event.
type raised struct{ n int }

func TestEvents(t *testing.T) {
	p := peertest.Exchange(t).Peer("a")
	var always, once, others atomic.Int32
	off := peer.On(p, func(e raised) { always.Add(int32(e.n)) })
	peer.Once(p, func(e raised) { once.Add(int32(e.n)) })
	never := peer.Once(p, func(raised) { t.Error("called after off") })
	peer.On(p, func(peer.StateChanged) { others.Add(1) })
	never()
	for n := range 4 {
		peer.Emit(p, raised{n + 1})
	}
	off()
	off()
	peer.Emit(p, raised{100})
	if always.Load() != 10 || once.Load() != 1 || others.Load() != 0 {
		t.Errorf("heard %d, once %d, others %d", always.Load(), once.Load(), others.Load())
	}
}

// A listener may listen, stop listening, and raise events.
func TestListenersMayListen(t *testing.T) {
	p := peertest.Exchange(t).Peer("a")
	calls := 0
	var off func()
	off = peer.On(p, func(e raised) {
		calls++
		off()
		peer.Once(p, func(raised) { calls += 10 })
		if e.n > 0 {
			peer.Emit(p, raised{e.n - 1})
		}
	})
	peer.Emit(p, raised{5})
	peer.Emit(p, raised{5})
	if calls != 11 {
		t.Errorf("%d calls", calls)
	}
}
