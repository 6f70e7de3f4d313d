package peerjs

import (
	"errors"
	"net"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// run makes the connection and serves it until it ends.
func (c *Connection) run() {
	pc, err := c.begin()
	if err == nil && pc != nil {
		err = c.life.Serve(pc, c.negotiation(pc), c.offer, c.p.o.ConnectTimeout, c.connected)
	}
	if failure, ok := errors.AsType[calls.Failure](err); ok {
		c.fail(NegotiationFailed, failure.Error(), nil)
	} else if errors.Is(err, net.ErrClosed) || errors.Is(err, errSlow) {
		c.fail(Network, "the server was lost meanwhile", err)
	} else if err != nil {
		c.fail(WebRTC, "the connection cannot be negotiated", err)
	}
	c.life.End(net.ErrClosed)
	c.end(pc)
}

// begin waits until the connection is accepted, and makes its PeerConnection.
// It is nil when it is not to be.
func (c *Connection) begin() (*webrtc.PeerConnection, error) {
	if decided, err := c.life.Ring(c.p.o.RingTimeout); !decided {
		return nil, err
	}
	if c.life.Refused() && !c.p.conns.Refuse(c.life) {
		c.p.expire(c.life.Remote)
		c.life.End(ErrRefused)
		return nil, nil
	}
	pc, err := c.p.api.NewPeerConnection(c.p.config)
	if err != nil {
		return nil, err
	}
	pc.OnICEConnectionStateChange(c.onICEState)
	if c.media != nil {
		return pc, c.media.prepare(pc)
	}
	return pc, c.data.prepare(pc)
}

// connected is told that there is a way to the other peer.
func (c *Connection) connected() {
	if c.media != nil {
		c.media.connected()
	}
}

// end frees everything and tells of it.
func (c *Connection) end(pc *webrtc.PeerConnection) {
	cause := c.life.Err()
	if c.media != nil {
		c.media.stop()
	}
	if pc != nil {
		if !errors.Is(cause, ErrHungUp) {
			c.hangUp(cause)
		}
		_ = pc.GracefulClose()
	}
	c.life.Join()
	c.p.conns.Remove(c.life)
	if c.legacy.Load() && c.kind == Media && c.life.Answered() && !errors.Is(cause, ErrHungUp) && c.p.alone(c) {
		// It has no other way to know. What fails here was lost before.
		_ = c.p.send(peerserver.Leave, c.life.Remote, nil)
	}
	if !c.life.Refused() {
		c.log.Info("a connection ended", "type", c.kind, "err", cause)
		c.tell(cause)
	}
	c.life.Finish()
}

// tell emits the events of an end.
func (c *Connection) tell(cause error) {
	if e, ok := errors.AsType[*Error](cause); ok && e.Type != PeerUnavailable {
		events.Emit(&c.p.hub, ConnectionFailed{Connection: c, Err: e})
		if e.Type == WebRTC {
			events.Emit(&c.p.hub, Failed{Err: e})
		}
	}
	events.Emit(&c.p.hub, ConnectionClosed{Connection: c, Err: cause})
}

// hangUp closes the data channel, if there is one, and somebody at it.
func (c *Connection) hangUp(cause error) {
	_, failed := errors.AsType[*Error](cause)
	switch {
	case failed || !c.life.Answered():
	case c.data != nil:
		c.data.channel.HangUp()
	case !c.legacy.Load():
		c.media.hidden.HangUp()
	}
}

func (c *Connection) onICEState(s webrtc.ICEConnectionState) {
	if !c.life.Refused() {
		events.Emit(&c.p.hub, ICEStateChanged{Connection: c, State: s.String()})
	}
}
