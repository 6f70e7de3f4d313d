package peer_test

import (
	"context"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// A member crashes, and is back under its id before anybody has noticed: the
// new one takes the place of the old.
func TestCrashedMemberComesBack(t *testing.T) {
	w := peertest.Exchange(t)
	a := w.Peer("a")
	publish(t, a, w.Picture("p", 20))
	if err := a.JoinRoom(patient(t), "room", peer.JoinOptions{}); err != nil {
		t.Fatal(err)
	}
	conn := w.Dial("192.0.2.1")
	first, err := peer.New(peer.Options{ID: "b", Signal: conn, Verify: peer.AllowAll, Log: peertest.Log(t)})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- first.Run(context.Background()) }()
	if err := first.JoinRoom(patient(t), "room", peer.JoinOptions{}); err != nil {
		t.Fatal(err)
	}
	before := peertest.Link(t, "room", a, first)
	peer.Vanish(peertest.Link(t, "room", first, a))
	_ = conn.Close()

	second := w.Peer("b")
	if err := second.JoinRoom(patient(t), "room", peer.JoinOptions{}); err != nil {
		t.Fatal(err)
	}
	cast(t, "room", "p", a, second)
	<-before.Done()
	if now := peertest.Link(t, "room", a, second); now == before || len(a.Remotes()) != 1 {
		t.Errorf("a has %d remotes", len(a.Remotes()))
	}
	if err := <-ended; err == nil {
		t.Error("Run ended without an error when its exchange was gone")
	}
}
