package peerjs

import (
	"fmt"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// negotiation is the one exchange of descriptions of a connection (RFC 8829).
// It is used from the connection's goroutine.
type negotiation struct {
	c       *Connection
	pc      *webrtc.PeerConnection
	queued  []webrtc.ICECandidateInit // that came before the description
	counted int                       // candidates of the other peer
}

// start sends our offer, or answers the other peer's.
func (n *negotiation) start() error {
	c := n.c
	v := payload{Type: c.kind, ConnectionID: c.id}
	kind, make := peerserver.Offer, func() (webrtc.SessionDescription, error) { return n.pc.CreateOffer(nil) }
	if c.outbound {
		v.Metadata = c.metadata
		if c.data != nil {
			c.data.describe(&v)
		}
	} else {
		offer := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: c.offer}
		if err := n.pc.SetRemoteDescription(offer); err != nil {
			return err
		}
		kind, make = peerserver.Answer, func() (webrtc.SessionDescription, error) { return n.pc.CreateAnswer(nil) }
	}
	d, err := make()
	if err != nil {
		return err
	}
	if err := n.pc.SetLocalDescription(d); err != nil {
		return err
	}
	text := media.WithoutEmpty(d.SDP)
	if c.media != nil {
		text = c.media.transformed(text)
	}
	v.SDP = &description{d.Type.String(), text}
	if err := c.p.send(kind, c.remote, v); err != nil {
		return err
	}
	c.trickle()
	if !c.outbound && c.media != nil {
		c.media.answeredNow()
	}
	return nil
}

// handle acts on an answer or a candidate.
func (n *negotiation) handle(m message) error {
	switch m.kind {
	case peerserver.Answer:
		return n.answer(m.payload)
	case peerserver.Candidate:
		if m.Candidate != nil && m.Candidate.Candidate != "" {
			n.candidate(m.Candidate.init())
		}
	}
	return nil
}

// answer takes the answer to our offer. Another one is ignored.
func (n *negotiation) answer(v *payload) error {
	if !n.c.outbound || n.pc.SignalingState() != webrtc.SignalingStateHaveLocalOffer || v.SDP == nil {
		return nil
	}
	n.c.legacy.Store(v.Browser != "")
	if err := n.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: v.SDP.SDP}); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	n.c.answered.Store(true)
	for _, q := range n.queued {
		n.add(q)
	}
	n.queued = nil
	if n.c.media != nil {
		n.c.open()
	}
	return nil
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
		if err := c.p.send(peerserver.Candidate, c.remote, payload{Candidate: found, Type: c.kind, ConnectionID: c.id}); err != nil {
			c.log.Debug("a candidate was not sent", "err", err)
		}
	}
	c.found = nil
}
