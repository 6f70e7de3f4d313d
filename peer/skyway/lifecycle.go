package skyway

import (
	"errors"
	"net"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/engineio"
	"github.com/causeway-rtc/causeway/peer/events"
)

// run makes the connection and serves it until it ends.
func (c *Connection) run() {
	pc, err := c.begin()
	if err == nil && pc != nil {
		err = c.life.Serve(pc, c.negotiation(pc), c.offer, c.p.o.ConnectTimeout, c.connected)
	}
	if failure, ok := errors.AsType[calls.Failure](err); ok {
		c.fail(NegotiationFailed, failure.Error(), nil)
	} else if errors.Is(err, net.ErrClosed) || errors.Is(err, engineio.ErrFull) {
		c.fail(SocketError, "the server was lost meanwhile", err)
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
		c.life.End(ErrRefused)
		return nil, nil
	}
	pc, err := c.p.newPeerConnection()
	if err != nil {
		return nil, err
	}
	if c.media != nil {
		return pc, c.media.prepare(pc)
	}
	return pc, c.data.prepare(pc)
}

func (p *Peer) newPeerConnection() (*webrtc.PeerConnection, error) {
	p.mu.Lock()
	config := p.config
	p.mu.Unlock()
	return p.api.NewPeerConnection(config)
}

// connected is told that there is a way to the other peer. A call that is
// refused ends only now: a stock page does not listen before.
func (c *Connection) connected() {
	if c.media == nil {
		return
	}
	if c.life.Refused() {
		c.endByForce(ErrRefused)
		return
	}
	c.media.connected()
}

// end frees everything and tells of it.
func (c *Connection) end(pc *webrtc.PeerConnection) {
	cause := c.life.Err()
	if c.media != nil {
		c.media.stop()
	}
	if pc != nil && c.data != nil && !errors.Is(cause, ErrHungUp) {
		c.data.hangUp(cause)
	}
	if c.force.Load() && c.room == nil && !errors.Is(cause, ErrHungUp) {
		c.p.forceClose(c.life.Key)
	}
	if pc != nil {
		_ = pc.GracefulClose()
	}
	c.life.Join()
	c.p.conns.Remove(c.life)
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
