package peerjs

import (
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// negotiation is the one exchange of descriptions of a connection.
func (c *Connection) negotiation(pc *webrtc.PeerConnection) *calls.Negotiation {
	return calls.NewNegotiation(pc, calls.NegotiationOptions{
		Send: c.describe, SendCandidate: c.trickle, Answered: c.onAnswer, Log: c.log,
	})
}

// describe sends our description.
func (c *Connection) describe(d webrtc.SessionDescription) error {
	v := payload{Type: c.kind, ConnectionID: c.life.ID}
	kind := peerserver.Answer
	if c.life.Outbound {
		kind, v.Metadata = peerserver.Offer, c.metadata
		if c.data != nil {
			c.data.describe(&v)
		}
	}
	if c.media != nil {
		d.SDP = c.media.transformed(d.SDP)
	}
	v.SDP = &description{Type: d.Type.String(), SDP: d.SDP}
	return c.p.send(kind, c.life.Remote, v)
}

// trickle sends a candidate of ours.
func (c *Connection) trickle(found *candidate) error {
	return c.p.send(peerserver.Candidate, c.life.Remote, payload{Candidate: found, Type: c.kind, ConnectionID: c.life.ID})
}

// onAnswer is told that the other peer has answered, or our answer is on its
// way.
func (c *Connection) onAnswer() {
	c.life.SetAnswered()
	if c.media == nil {
		return
	}
	c.open()
	if c.life.Refused() && (c.legacy.Load() || c.p.alone(c)) {
		c.legacy.Store(true) // LEAVE says it at once
		c.life.End(ErrRefused)
	}
}
