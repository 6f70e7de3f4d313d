package peer_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// Peers of one process find each other without being told where.
func TestPeersWithoutSignallingShareAnExchange(t *testing.T) {
	run := func(id string) (p *peer.Peer, stop func() error) {
		p, err := peer.New(peer.Options{ID: id, Verify: peer.AllowAll, Log: peertest.Log(t)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		return p, func() error {
			cancel()
			return <-done
		}
	}
	a, stopA := run("default-a")
	b, stopB := run("default-b")
	<-b.Ready()
	ctx, cancel := context.WithTimeout(t.Context(), peertest.Patience)
	defer cancel()
	r, err := a.Connect(ctx, b.ID(), peer.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// Two of one name cannot be; who waits for the second learns why.
	again, stopAgain := run("default-a")
	err = again.JoinRoom(ctx, "somewhere", peer.JoinOptions{})
	if err == nil || errors.Is(err, net.ErrClosed) {
		t.Errorf("joining under a name that is taken: %v", err)
	}
	if why := stopAgain(); why == nil || !errors.Is(err, why) {
		t.Errorf("Run ended with %v, JoinRoom with %v", why, err)
	}
	if err := errors.Join(stopA(), stopB()); err != nil {
		t.Error(err)
	}
	<-r.Done()
	// Its name is free again.
	if _, stop := run("default-a"); stop() != nil {
		t.Error("the name is taken still")
	}
}
