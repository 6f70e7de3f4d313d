package skyway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/engineio"
	"github.com/causeway-rtc/causeway/peer/events"
)

const (
	// goodbyeWithin is how long the other peer has to take our last words.
	goodbyeWithin = time.Second
	// refuseWithin is how long telling a peer that it is refused may take.
	refuseWithin = 5 * time.Second
)

// run makes the connection and serves it until it ends.
func (c *Connection) run() {
	refused := false
	pc, err := c.begin(&refused)
	if err == nil && pc != nil {
		err = c.serve(pc)
	}
	switch {
	case errors.Is(err, net.ErrClosed) || errors.Is(err, engineio.ErrFull):
		c.fail(SocketError, "the server was lost meanwhile", err)
	case err != nil:
		c.fail(WebRTC, "the connection cannot be negotiated", err)
	}
	c.cancel(net.ErrClosed)
	c.end(pc, refused)
}

// begin waits until the connection is accepted, and makes its PeerConnection.
// It is nil when it is not to be.
func (c *Connection) begin(refused *bool) (*webrtc.PeerConnection, error) {
	if !c.outbound {
		timer := time.NewTimer(c.p.o.RingTimeout)
		defer timer.Stop()
		select {
		case <-c.accepted:
		case <-c.ctx.Done():
			return nil, nil
		case <-timer.C:
			c.fail(NegotiationFailed, "nobody has answered", nil)
			return nil, nil
		}
	}
	if c.refused() != nil {
		if *refused = c.p.refuse(c); !*refused {
			c.cancel(ErrRefused)
			return nil, nil
		}
	}
	pc, err := c.p.newPeerConnection()
	if err != nil {
		return nil, err
	}
	pc.OnICECandidate(c.onCandidate)
	pc.OnConnectionStateChange(c.onState)
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

// serve negotiates, and acts on what the other peer sends.
func (c *Connection) serve(pc *webrtc.PeerConnection) error {
	n := negotiation{c: c, pc: pc}
	if err := n.start(); err != nil {
		return err
	}
	within := c.p.o.ConnectTimeout
	if c.refused() != nil {
		within = refuseWithin
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	if c.outbound {
		timer.Stop() // until the answer
	}
	up := c.up
	for {
		select {
		case <-c.ctx.Done():
			return nil
		case <-up:
			timer.Stop()
			up = nil
			c.connected()
		case <-timer.C:
			c.fail(NegotiationFailed, fmt.Sprintf("the connection with %q did not come about in %v", c.remote, within), nil)
			return nil
		case <-c.again:
			if err := n.offer(); err != nil {
				return err
			}
		case m := <-c.inbox:
			before := c.answered.Load()
			if err := n.handle(m); err != nil {
				return err
			}
			if !before && c.answered.Load() {
				timer.Reset(within)
			}
		}
	}
}

// connected is told that there is a way to the other peer. A call that is
// refused ends only now: a stock page does not listen before.
func (c *Connection) connected() {
	if c.media == nil {
		return
	}
	if c.refused() != nil {
		c.force.Store(true)
		c.cancel(ErrRefused)
		return
	}
	c.media.connected()
}

// end frees everything and tells of it.
func (c *Connection) end(pc *webrtc.PeerConnection, refused bool) {
	cause := context.Cause(c.ctx)
	if c.media != nil {
		c.media.stop()
	}
	if pc != nil && c.data != nil && !errors.Is(cause, ErrHungUp) {
		c.data.hangUp(cause)
	}
	if c.force.Load() && c.room == nil && !errors.Is(cause, ErrHungUp) {
		c.p.forceClose(c.remote, c.id)
	}
	if pc != nil {
		_ = pc.GracefulClose()
	}
	c.wg.Wait()
	c.p.remove(c, refused)
	if !refused && c.refused() == nil {
		c.log.Info("a connection ended", "type", c.kind, "err", cause)
		c.tell(cause)
	}
	close(c.done)
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

func (c *Connection) onState(s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateConnected:
		c.upOnce.Do(func() { close(c.up) })
	case webrtc.PeerConnectionStateFailed:
		c.fail(NegotiationFailed, fmt.Sprintf("no way to %q, or it is lost", c.remote), nil)
	case webrtc.PeerConnectionStateClosed:
		c.cancel(ErrHungUp)
	}
}
