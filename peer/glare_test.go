package peer_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// Two peers join a room at the same moment, so that each may offer to the
// other. However it goes, one connection comes of it, and carries the streams
// of both.
func TestJoiningAtTheSameMoment(t *testing.T) {
	w := peertest.Exchange(t)
	all := []*peer.Peer{w.Peer("a"), w.Peer("b")}
	for _, p := range all {
		publish(t, p, w.Picture("of "+p.ID(), 30))
	}
	for round := range 100 {
		room := fmt.Sprint("room", round)
		var both sync.WaitGroup
		for _, p := range all {
			both.Go(func() {
				if err := p.JoinRoom(patient(t), room, peer.JoinOptions{}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		peertest.Meshed(t, room, all...)
		cast(t, room, "of a", all[0], all[1])
		cast(t, room, "of b", all[1], all[0])
		for _, p := range all {
			both.Go(func() {
				if err := p.LeaveRoom(patient(t), room); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		for _, p := range all {
			peertest.Eventually(t, "nobody is left", func() bool { return len(p.Remotes()) == 0 })
		}
	}
}

func TestBothSidesOfferAtOnce(t *testing.T) {
	w := peertest.New(t)
	for _, id := range []string{"aaa", "zzz"} { // less and more polite than "desk"
		viewer := w.Viewer(id)
		publish(t, viewer, w.Picture("camera", 30))
		r, err := w.Join(viewer, string(w.Token))
		if err != nil {
			t.Fatal(err)
		}
		host := w.RemoteOf(id)
		in := mustVideo(t, stream(t, r))
		back := mustVideo(t, create(t, host))
		next(t, in)
		next(t, back)
		sections := peer.MediaSections(host)
		for range 100 {
			done := peer.Agreed(host) + peer.Agreed(r)
			peer.Renegotiate(host)
			peer.Renegotiate(r)
			peertest.Eventually(t, "both offers are answered", func() bool {
				return peer.Settled(host) && peer.Settled(r) && peer.Agreed(host)+peer.Agreed(r) >= done+2
			})
		}
		for range 30 { // the tracks are those of before
			next(t, in)
			next(t, back)
		}
		if n := peer.MediaSections(host); n != sections || n != peer.MediaSections(r) {
			t.Errorf("from %d media sections to %d and %d", sections, n, peer.MediaSections(r))
		}
		if host.State() != peer.StateConnected || r.State() != peer.StateConnected {
			t.Errorf("the states are %v and %v", host.State(), r.State())
		}
	}
}

// Both ends publish and unpublish at the same time, over and over: what is
// published in the end plays, and what was before has left nothing behind.
func TestBothSidesPublishAtOnce(t *testing.T) {
	w := peertest.Exchange(t)
	all := []*peer.Peer{w.Peer("a"), w.Peer("b")}
	peertest.Enter(t, "room", all...)
	const rounds, each = 25, 2
	for round := range rounds {
		var both sync.WaitGroup
		for _, p := range all {
			both.Go(func() {
				var mine []*peer.OutboundStream
				for i := range each {
					s, err := p.Publish(w.Picture(fmt.Sprintf("%s %d %d", p.ID(), round, i), 30), peer.PublishOptions{})
					if err != nil {
						t.Error(err)
						return
					}
					mine = append(mine, s)
				}
				if round%5 != 4 {
					for _, s := range mine {
						p.Unpublish(s)
					}
				}
			})
		}
		both.Wait()
		if round%5 != 4 {
			continue
		}
		for i, p := range all {
			for j := range each {
				cast(t, "room", fmt.Sprintf("%s %d %d", p.ID(), round, j), p, all[1-i])
			}
		}
		for i, p := range all {
			for _, s := range p.Published() {
				p.Unpublish(s)
			}
			peertest.Eventually(t, "they end", func() bool { return len(peertest.Link(t, "room", all[1-i], p).Streams()) == 0 })
		}
	}
	for i, p := range all {
		// Two streams at a time, and those of a round that was not yet through.
		if n := peer.MediaSections(peertest.Link(t, "room", p, all[1-i])); n > 1+2*each*5 {
			t.Errorf("%s has %d media sections", p.ID(), n)
		}
	}
}

// A section that was of no use through several negotiations serves the next
// stream.
func TestASectionRests(t *testing.T) {
	w := peertest.Exchange(t)
	all := []*peer.Peer{w.Peer("a"), w.Peer("b")}
	peertest.Enter(t, "room", all...)
	for _, from := range []int{0, 1} {
		p, other := all[from], all[1-from]
		here, there := peertest.Link(t, "room", p, other), peertest.Link(t, "room", other, p)
		for round := range 3 {
			name := fmt.Sprint(p.ID(), round)
			s := publish(t, p, w.Picture(name, 30))
			cast(t, "room", name, p, other)
			p.Unpublish(s)
			peertest.Eventually(t, "it ends", func() bool { return len(there.Streams()) == 0 })
			for range 3 {
				for _, r := range []*peer.Remote{here, there} {
					before := peer.Agreed(r)
					peer.Renegotiate(r)
					peertest.Eventually(t, "it is negotiated", func() bool { return peer.Settled(r) && peer.Agreed(r) > before })
				}
			}
		}
		if n := peer.MediaSections(here); n > 2+from {
			t.Errorf("there are %d sections", n)
		}
	}
}
