package peerjs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/peerserver"
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
	case errors.Is(err, net.ErrClosed) || errors.Is(err, errSlow):
		c.fail(Network, "the server was lost meanwhile", err)
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
			c.p.expire(c.remote)
			c.cancel(ErrRefused)
			return nil, nil
		}
	}
	pc, err := c.p.api.NewPeerConnection(c.p.config)
	if err != nil {
		return nil, err
	}
	pc.OnICECandidate(c.onCandidate)
	pc.OnConnectionStateChange(c.onState)
	pc.OnICEConnectionStateChange(c.onICEState)
	if c.media != nil {
		return pc, c.media.prepare(pc)
	}
	return pc, c.data.prepare(pc)
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
		case <-timer.C:
			c.fail(NegotiationFailed, fmt.Sprintf("the connection with %q did not come about in %v", c.remote, within), nil)
			return nil
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

// end frees everything and tells of it.
func (c *Connection) end(pc *webrtc.PeerConnection, refused bool) {
	cause := context.Cause(c.ctx)
	if c.media != nil {
		c.media.stop()
	}
	if pc != nil {
		if !errors.Is(cause, ErrHungUp) {
			c.hangUp(cause)
		}
		_ = pc.GracefulClose()
	}
	c.wg.Wait()
	c.p.remove(c, refused)
	if c.legacy.Load() && c.kind == Media && c.answered.Load() && !errors.Is(cause, ErrHungUp) && c.p.alone(c) {
		// It has no other way to know. What fails here was lost before.
		_ = c.p.send(peerserver.Leave, c.remote, nil)
	}
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

// hangUp closes the data channel, and gives the other peer time to see it. One
// that is about to open is waited for: what is closed before that, the other
// peer takes for a way that was never found.
func (c *Connection) hangUp(cause error) {
	_, failed := errors.AsType[*Error](cause)
	if failed || !c.answered.Load() || c.legacy.Load() && c.kind == Media {
		return // there is none, or nobody at it
	}
	timer := time.NewTimer(goodbyeWithin)
	defer timer.Stop()
	select {
	case <-c.usable:
	case <-c.gone:
		return
	case <-timer.C:
		return
	}
	c.mu.Lock()
	d := c.channel
	c.mu.Unlock()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for d.BufferedAmount() > 0 { // what was sent is to arrive
		select {
		case <-poll.C:
		case <-c.gone:
			return
		case <-timer.C:
			return
		}
	}
	if d.Close() != nil {
		return
	}
	select {
	case <-c.gone:
	case <-timer.C:
	}
}

// adopt makes d the connection's channel. There is one; any other is closed.
func (c *Connection) adopt(d *webrtc.DataChannel, opened func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.channel != nil {
		d.OnOpen(func() { _ = d.Close() })
		return false
	}
	c.channel = d
	d.OnOpen(func() {
		c.usableOnce.Do(func() { close(c.usable) })
		opened()
	})
	d.OnClose(func() {
		c.goneOnce.Do(func() { close(c.gone) })
		c.cancel(ErrHungUp)
	})
	return true
}

func (c *Connection) onState(s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateConnected:
		c.upOnce.Do(func() { close(c.up) })
		if c.media != nil {
			c.media.connected()
		}
	case webrtc.PeerConnectionStateFailed:
		c.fail(NegotiationFailed, fmt.Sprintf("no way to %q, or it is lost", c.remote), nil)
	case webrtc.PeerConnectionStateClosed:
		c.cancel(ErrHungUp)
	}
}

func (c *Connection) onICEState(s webrtc.ICEConnectionState) {
	if c.refused() == nil {
		events.Emit(&c.p.hub, ICEStateChanged{Connection: c, State: s.String()})
	}
}
