package skyway

import (
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/calls"
)

// negotiation is that of a connection: who has made it offers, then and whenever
// its tracks change.
func (c *Connection) negotiation(pc *webrtc.PeerConnection) *calls.Negotiation {
	return calls.NewNegotiation(pc, calls.NegotiationOptions{
		Send: c.describe, SendCandidate: c.trickle, Described: c.onDescription, Answered: c.onAnswer, Log: c.log,
	})
}

// message is one to the other peer.
func (c *Connection) message() *signal {
	return &signal{Dst: c.life.Remote, RoomName: c.roomName(), ConnectionID: c.life.ID, ConnectionType: c.kind}
}

// describe sends our description.
func (c *Connection) describe(d webrtc.SessionDescription) error {
	if c.media != nil {
		d.SDP = withBandwidth(d.SDP, c.media.options())
	}
	m, ours := c.message(), &description{Type: d.Type.String(), SDP: d.SDP}
	if d.Type == webrtc.SDPTypeAnswer {
		m.Answer = ours
		return c.p.send("SEND_ANSWER", m)
	}
	m.Offer, m.Metadata = ours, c.metadata
	if c.data != nil {
		c.data.describe(m)
	}
	return c.p.send("SEND_OFFER", m)
}

// trickle sends a candidate of ours.
func (c *Connection) trickle(found *candidate) error {
	m := c.message()
	m.Candidate = found
	return c.p.send("SEND_CANDIDATE", m)
}

// onDescription heeds what the other peer says that it takes.
func (c *Connection) onDescription(d webrtc.SessionDescription) error {
	if c.media == nil {
		return nil
	}
	c.media.limit(d.SDP)
	if d.Type == webrtc.SDPTypeOffer {
		return c.media.restrict()
	}
	return nil
}

// onAnswer is told that the other peer has answered, or that we have.
func (c *Connection) onAnswer() {
	c.life.SetAnswered()
	if c.media != nil {
		c.open()
	}
}
