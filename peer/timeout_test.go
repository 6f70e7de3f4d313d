package peer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/channel"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// soon is a time for connecting that is over before a test is.
func soon(o *peer.Options) { o.ConnectTimeout = 300 * time.Millisecond }

// Somebody is there, and never answers.
func TestPeerThatNeverAnswers(t *testing.T) {
	w := peertest.Exchange(t)
	if err := w.Dial("192.0.2.66").Subscribe(t.Context(), "desk:desk", ""); err != nil {
		t.Fatal(err)
	}
	viewer := w.Viewer("viewer", soon)
	problems := peertest.Listen[peer.Problem](viewer)
	r, err := viewer.Connect(patient(t), "desk", peer.ConnectOptions{})
	if err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("connected to %v", r)
	}
	problems.Await(t, "the application is told", func(p peer.Problem) bool {
		return p.Code == peer.ErrorTimeout && p.Remote.ID() == "desk"
	})
	if n := len(viewer.Remotes()); n != 0 {
		t.Errorf("%d remotes", n)
	}
}

// A joiner does not answer the offer that it asked for.
func TestOfferThatIsNeverAnswered(t *testing.T) {
	w := peertest.New(t, soon)
	problems := peertest.Listen[peer.Problem](w.Host)
	c := attacker(t, w, "eve")
	join(t, w, c, "eve")
	problems.Await(t, "the application is told", func(p peer.Problem) bool { return p.Code == peer.ErrorTimeout && p.Remote.ID() == "eve" })
	receiveType(t, c, "leave")
}

// One that answers no more would never see what is published from then on.
func TestLaterOfferThatIsNeverAnswered(t *testing.T) {
	w := peertest.Exchange(t)
	p := mixed(t, w, func(o *peer.Options) { o.ConnectTimeout = 3 * time.Second })
	problems := peertest.Listen[peer.Problem](p)
	f := newForeign(t, w, "room", "f")
	f.join(true)
	talks(t, p, f)
	r := peertest.Find(p, "room", "f")
	peer.Renegotiate(r)
	peertest.Eventually(t, "an offer is answered", func() bool { return peer.Settled(r) })
	time.Sleep(4 * time.Second)
	if r.State() != peer.StateConnected {
		t.Fatalf("the state is %v after an answer that was in time", r.State())
	}
	f.deaf.Store(true)
	peer.Renegotiate(r)
	problems.Await(t, "the application is told", func(p peer.Problem) bool { return p.Code == peer.ErrorTimeout })
	peertest.Eventually(t, "it ends", func() bool { return r.State() == peer.StateClosed })
}

// What is asked of a peer that does not say hello ends with its context.
func TestForeignPeersHaveNoNamedChannels(t *testing.T) {
	w := peertest.Exchange(t)
	p := mixed(t, w)
	f := newForeign(t, w, "room", "f")
	f.join(true)
	talks(t, p, f)
	r := peertest.Find(p, "room", "f")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.CreateDataChannel(ctx, "x", channel.Reliable); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a named channel: %v", err)
	}
	if _, err := r.CreateStream(ctx, peer.StreamOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a stream: %v", err)
	}
}
