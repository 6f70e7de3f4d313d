package calls

import (
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"
)

// refuseWithin is how long telling a peer that it is refused may take.
const refuseWithin = 5 * time.Second

// Failure says that a connection did not come about, or is lost.
type Failure string

// Error is for a person.
func (f Failure) Error() string { return string(f) }

// Serve makes the connection, for which what it is to carry has been prepared,
// and keeps it until it is to end. It begins with our offer, or answers the other
// peer's, and acts on what is delivered. It calls connected when there is a way
// to the other peer. The error is a [Failure], that of n's Send, or says that a
// description was not taken.
func (l *Life) Serve(pc *webrtc.PeerConnection, n *Negotiation, offer string, within time.Duration, connected func()) error {
	pc.OnConnectionStateChange(l.onState)
	start := n.Offer
	if !l.Outbound {
		start = func() error { return n.TakeOffer(offer) }
	}
	if err := start(); err != nil {
		return err
	}
	if l.Refused() {
		within = refuseWithin
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	if !l.Answered() {
		timer.Stop() // until it is
	}
	up := l.up.c
	for {
		select {
		case <-l.ctx.Done():
			return nil
		case <-l.failed.c:
			return Failure(fmt.Sprintf("no way to %q, or it is lost", l.Remote))
		case <-timer.C:
			return Failure(fmt.Sprintf("the connection with %q did not come about in %v", l.Remote, within))
		case <-up:
			timer.Stop()
			up = nil
			connected()
		case <-l.again:
			if err := n.Offer(); err != nil {
				return err
			}
		case s := <-l.inbox:
			before := l.Answered()
			if err := n.Take(s); err != nil {
				return err
			}
			if !before && l.Answered() {
				timer.Reset(within)
			}
		}
	}
}

func (l *Life) onState(s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateConnected:
		l.up.set()
	case webrtc.PeerConnectionStateFailed:
		l.failed.set()
	case webrtc.PeerConnectionStateClosed:
		l.End(ErrHungUp)
	}
}
