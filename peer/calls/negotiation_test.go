package calls

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// patience is for a machine that does other things.
const patience = 60 * time.Second

// end is one end of a connection between two peers in this process.
type end struct {
	*Life
	pc      *webrtc.PeerConnection
	channel *Channel
	n       *Negotiation
	offered chan *Description // what would go by way of the server
	open    latch
}

func newEnd(t *testing.T, outbound bool, to func() *end) *end {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	e := &end{Life: NewLife(Key{"other", "c"}, outbound, discard), pc: pc, offered: make(chan *Description, 1), open: newLatch()}
	e.channel = NewChannel(e.Life)
	e.n = NewNegotiation(pc, NegotiationOptions{
		Send: func(d webrtc.SessionDescription) error {
			sent := &Description{Type: d.Type.String(), SDP: d.SDP}
			if outbound && !e.Answered() {
				to().offered <- sent
			} else if outbound {
				to().Deliver(Signal{Offer: sent})
			} else {
				to().Deliver(Signal{Answer: sent})
			}
			return nil
		},
		SendCandidate: func(c *Candidate) error {
			to().Deliver(Signal{Candidate: c})
			return nil
		},
		Answered: e.SetAnswered,
	})
	pc.OnDataChannel(func(d *webrtc.DataChannel) { e.channel.Use(d, e.open.set) })
	return e
}

func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("it did not happen: " + what)
	}
}

// The candidates may come before the description that they belong to.
func TestConnectionsComeAboutAndAreHungUp(t *testing.T) {
	var a, b *end
	a = newEnd(t, true, func() *end { return b })
	b = newEnd(t, false, func() *end { return a })
	d, err := a.pc.CreateDataChannel("x", nil)
	if err != nil {
		t.Fatal(err)
	}
	a.channel.Use(d, a.open.set)
	var wg sync.WaitGroup
	defer wg.Wait()
	connected := map[*end]chan struct{}{a: make(chan struct{}), b: make(chan struct{})}
	serve := func(e *end, offer string) {
		if err := e.Serve(e.pc, e.n, offer, patience, func() { close(connected[e]) }); err != nil {
			t.Error(err)
		}
	}
	wg.Go(func() { serve(a, "") })
	wg.Go(func() { serve(b, (<-b.offered).SDP) })
	for _, e := range []*end{a, b} {
		await(t, "connected", connected[e])
		await(t, "open", e.open.c)
	}
	before := b.pc.CurrentRemoteDescription().SDP
	a.Renegotiate()
	for start := time.Now(); b.pc.CurrentRemoteDescription().SDP == before; time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatal("there was no other offer")
		}
	}
	a.channel.HangUp()
	await(t, "the other end has noticed", b.Context().Done())
	if b.Err() != ErrHungUp {
		t.Error(b.Err())
	}
	a.End(context.Canceled)
}

func TestConnectionsThatDoNotComeAboutFail(t *testing.T) {
	nobody := &end{Life: NewLife(Key{"nobody", "c"}, false, discard), offered: make(chan *Description, 1)}
	a := newEnd(t, true, func() *end { return nobody })
	a.SetAnswered() // but nothing comes
	err := a.Serve(a.pc, a.n, "", time.Millisecond, func() { t.Error("it has come about") })
	if _, ok := err.(Failure); !ok {
		t.Error(err)
	}
	b := newEnd(t, false, func() *end { return nobody })
	if err := b.Serve(b.pc, b.n, "nonsense", patience, func() {}); err == nil {
		t.Error("nonsense was taken for an offer")
	}
}
