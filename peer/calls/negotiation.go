package calls

import (
	"fmt"
	"log/slog"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/media"
)

// maxCandidates bounds those of one side of a connection.
const maxCandidates = 128

// NegotiationOptions says what a [Negotiation] does. Both of Send are required.
// The functions are called from the goroutine of who calls the Negotiation, but
// for SendCandidate, which may be called from any.
type NegotiationOptions struct {
	// Send sends our offer or answer to the other peer.
	Send func(webrtc.SessionDescription) error
	// SendCandidate sends a candidate of ours, after the description.
	SendCandidate func(*Candidate) error
	// Described is told what the other peer has described itself as, before an
	// offer is answered. Nil heeds nothing.
	Described func(webrtc.SessionDescription) error
	// Answered is told that the other peer has answered, or is answered. Nil is
	// not told.
	Answered func()
	// Log receives what was not taken or sent. Nil discards.
	Log *slog.Logger
}

// Negotiation exchanges descriptions and candidates (RFC 8829): one side offers,
// and may do so again; the other answers. It is used from one goroutine.
type Negotiation struct {
	pc *webrtc.PeerConnection
	o  NegotiationOptions

	last    string                    // the other peer's last offer
	pending bool                      // an offer waits for the answer to the last
	queued  []webrtc.ICECandidateInit // that came before the description
	counted int                       // candidates of the other peer

	mu        sync.Mutex
	found     []*Candidate // ours, that wait for the description to be sent
	described bool
}

// NewNegotiation begins to look for candidates of pc, once there is a
// description.
func NewNegotiation(pc *webrtc.PeerConnection, o NegotiationOptions) *Negotiation {
	if o.Described == nil {
		o.Described = func(webrtc.SessionDescription) error { return nil }
	}
	if o.Answered == nil {
		o.Answered = func() {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	n := &Negotiation{pc: pc, o: o}
	pc.OnICECandidate(n.onCandidate)
	return n
}

// Offer sends an offer, once the last is answered.
func (n *Negotiation) Offer() error {
	if n.pc.SignalingState() != webrtc.SignalingStateStable {
		n.pending = true
		return nil
	}
	d, err := n.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	return n.send(d)
}

// send makes d our description, and sends it, and the candidates after it.
func (n *Negotiation) send(d webrtc.SessionDescription) error {
	if err := n.pc.SetLocalDescription(d); err != nil {
		return err
	}
	d.SDP = media.WithoutEmpty(d.SDP)
	if err := n.o.Send(d); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.described = true
	n.trickle()
	return nil
}

// Take acts on a signal.
func (n *Negotiation) Take(s Signal) error {
	switch {
	case s.Offer != nil:
		return n.TakeOffer(s.Offer.SDP)
	case s.Answer != nil:
		return n.takeAnswer(s.Answer.SDP)
	case s.Candidate != nil && s.Candidate.Candidate != "":
		n.takeCandidate(s.Candidate.init())
	}
	return nil
}

// TakeOffer answers an offer. One that is the same as the last is ignored.
func (n *Negotiation) TakeOffer(sdp string) error {
	if sdp != "" && sdp == n.last {
		return nil
	}
	n.last = sdp
	if err := n.take(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return err
	}
	d, err := n.pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	if err := n.send(d); err != nil {
		return err
	}
	n.o.Answered()
	return nil
}

// takeAnswer takes the answer to our offer. Another one is ignored.
func (n *Negotiation) takeAnswer(sdp string) error {
	if n.pc.SignalingState() != webrtc.SignalingStateHaveLocalOffer {
		return nil
	}
	if err := n.take(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	n.o.Answered()
	if n.pending {
		n.pending = false
		return n.Offer()
	}
	return nil
}

// take takes the other peer's description, and the candidates that waited for
// it.
func (n *Negotiation) take(d webrtc.SessionDescription) error {
	if err := n.pc.SetRemoteDescription(d); err != nil {
		return err
	}
	for _, q := range n.queued {
		n.add(q)
	}
	n.queued = nil
	return n.o.Described(d)
}

// takeCandidate adds a candidate, now or when there is a description.
func (n *Negotiation) takeCandidate(c webrtc.ICECandidateInit) {
	if n.counted++; n.counted > maxCandidates {
		return
	}
	if n.pc.RemoteDescription() == nil {
		n.queued = append(n.queued, c)
		return
	}
	n.add(c)
}

// add adds a candidate. One of a kind that we do not know is no harm.
func (n *Negotiation) add(c webrtc.ICECandidateInit) {
	if err := n.pc.AddICECandidate(c); err != nil {
		n.o.Log.Debug("a candidate was not taken", "err", err)
	}
}

// onCandidate sends a candidate of ours, after the description.
func (n *Negotiation) onCandidate(found *webrtc.ICECandidate) {
	if found == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.found) < maxCandidates {
		n.found = append(n.found, newCandidate(found))
	}
	n.trickle()
}

// trickle sends the candidates that have been found, if that is in order. The
// caller holds mu.
func (n *Negotiation) trickle() {
	if !n.described {
		return
	}
	for _, c := range n.found {
		if err := n.o.SendCandidate(c); err != nil {
			n.o.Log.Debug("a candidate was not sent", "err", err)
		}
	}
	n.found = nil
}
