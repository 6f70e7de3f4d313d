package skyway

import (
	"fmt"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/media"
)

// negotiation exchanges the descriptions of a connection (RFC 8829): who has
// made it offers, then and whenever its tracks change; the other answers. It is
// used from the connection's goroutine.
type negotiation struct {
	c       *Connection
	pc      *webrtc.PeerConnection
	last    string                    // the other peer's last offer
	pending bool                      // an offer waits for the answer to the last
	queued  []webrtc.ICECandidateInit // that came before the description
	counted int                       // candidates of the other peer
}

// start sends our offer, or answers the other peer's.
func (n *negotiation) start() error {
	if n.c.outbound {
		return n.offer()
	}
	return n.answerTo(n.c.offer)
}

// offer sends an offer, once the last is answered.
func (n *negotiation) offer() error {
	c := n.c
	if n.pc.SignalingState() != webrtc.SignalingStateStable {
		n.pending = true
		return nil
	}
	d, err := n.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	m := n.message()
	m.Metadata = c.metadata
	if c.data != nil {
		c.data.describe(m)
	}
	if m.Offer, err = n.describe(d); err != nil {
		return err
	}
	return n.tell("SEND_OFFER", m)
}

// answerTo answers an offer. One that is the same as the last is ignored, as by
// the original.
func (n *negotiation) answerTo(sdp string) error {
	if sdp == n.last {
		return nil
	}
	n.last = sdp
	if err := n.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return err
	}
	n.described(sdp)
	if n.c.media != nil {
		if err := n.c.media.restrict(); err != nil {
			return err
		}
	}
	d, err := n.pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	m := n.message()
	if m.Answer, err = n.describe(d); err != nil {
		return err
	}
	if err := n.tell("SEND_ANSWER", m); err != nil {
		return err
	}
	if n.c.media != nil {
		n.c.open()
	}
	return nil
}

// message is one to the other peer.
func (n *negotiation) message() *signal {
	return &signal{Dst: n.c.remote, RoomName: n.c.roomName(), ConnectionID: n.c.id, ConnectionType: n.c.kind}
}

// describe makes d our description, and returns it as the other peer gets it.
func (n *negotiation) describe(d webrtc.SessionDescription) (*description, error) {
	if err := n.pc.SetLocalDescription(d); err != nil {
		return nil, err
	}
	text := media.WithoutEmpty(d.SDP)
	if n.c.media != nil {
		text = withBandwidth(text, n.c.media.options())
	}
	return &description{d.Type.String(), text}, nil
}

// tell sends a description, and the candidates after it.
func (n *negotiation) tell(name string, m *signal) error {
	if err := n.c.p.send(name, m); err != nil {
		return err
	}
	n.c.trickle()
	return nil
}

// handle acts on an offer, an answer or a candidate.
func (n *negotiation) handle(m *signal) error {
	switch {
	case m.Offer != nil:
		return n.answerTo(m.Offer.SDP)
	case m.Answer != nil:
		return n.answer(m.Answer.SDP)
	case m.Candidate != nil && m.Candidate.Candidate != "":
		n.candidate(m.Candidate.init())
	}
	return nil
}

// answer takes the answer to our offer. Another one is ignored.
func (n *negotiation) answer(sdp string) error {
	if !n.c.outbound || n.pc.SignalingState() != webrtc.SignalingStateHaveLocalOffer {
		return nil
	}
	if err := n.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	n.c.answered.Store(true)
	n.described(sdp)
	if n.c.media != nil {
		n.c.open()
	}
	if n.pending {
		n.pending = false
		return n.offer()
	}
	return nil
}

// described is told that the other peer has described itself.
func (n *negotiation) described(sdp string) {
	if n.c.media != nil {
		n.c.media.limit(sdp)
	}
	for _, q := range n.queued {
		n.add(q)
	}
	n.queued = nil
}

// candidate adds a candidate, now or when there is a description.
func (n *negotiation) candidate(init webrtc.ICECandidateInit) {
	if n.counted++; n.counted > maxCandidates {
		return
	}
	if n.pc.RemoteDescription() == nil {
		n.queued = append(n.queued, init)
		return
	}
	n.add(init)
}

// add adds a candidate. One of a kind that we do not know is no harm.
func (n *negotiation) add(init webrtc.ICECandidateInit) {
	if err := n.pc.AddICECandidate(init); err != nil {
		n.c.log.Debug("a candidate was not taken", "err", err)
	}
}

// onCandidate sends a candidate of ours, after the description.
func (c *Connection) onCandidate(found *webrtc.ICECandidate) {
	if found == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.found) < maxCandidates {
		c.found = append(c.found, newCandidate(found.ToJSON()))
	}
	c.flush()
}

// trickle sends the candidates that have been found, and those to come when
// they are.
func (c *Connection) trickle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.described = true
	c.flush()
}

// flush sends the candidates if that is in order. The caller holds mu.
func (c *Connection) flush() {
	if !c.described {
		return
	}
	for _, found := range c.found {
		m := &signal{Dst: c.remote, RoomName: c.roomName(), ConnectionID: c.id, ConnectionType: c.kind, Candidate: found}
		if err := c.p.send("SEND_CANDIDATE", m); err != nil {
			c.log.Debug("a candidate was not sent", "err", err)
		}
	}
	c.found = nil
}
