package skyway

import (
	"context"
	"errors"

	"github.com/causeway-rtc/causeway/peer/events"
)

// state is how a peer stands with its server.
type state struct {
	id        string // what the server knows us by, or is to
	opened    bool   // at least once
	open      bool
	left      bool // by Disconnect
	turn      bool // the last of the ICE servers is the server's
	destroyed bool
}

// Disconnect gives up the id and leaves the server, and so its rooms.
// Connections stay, but there are no new ones until Reconnect.
func (p *Peer) Disconnect() {
	p.mu.Lock()
	if p.state.left {
		p.mu.Unlock()
		return
	}
	id, was := p.state.id, p.state.open
	p.state.open, p.state.left = false, true
	if p.stop != nil {
		p.stop()
	}
	p.wake()
	p.mu.Unlock()
	p.conns.ForgetEarly()
	p.log.Info("disconnected from the SkyWay server", "self", id)
	if was {
		events.Emit(&p.hub, Left{ID: id})
	}
}

// Reconnect connects a disconnected peer again, with the id and in the rooms
// that it had, or tries at once to reach a server that was lost. It does not
// wait; what goes wrong is a [Failed] event. A destroyed peer is an error.
func (p *Peer) Reconnect() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.destroyed {
		return errors.New("skyway: the peer is destroyed and cannot reconnect")
	}
	p.state.left = false
	p.wake()
	select {
	case p.again <- struct{}{}:
	default:
	}
	return nil
}

// Destroy ends the peer, its rooms and all its connections. It does not wait:
// Run returns when all is done.
func (p *Peer) Destroy() {
	p.mu.Lock()
	was := p.state.destroyed
	id, open := p.state.id, p.state.open
	p.state.destroyed = true
	p.wake()
	p.mu.Unlock()
	if was {
		return
	}
	p.conns.Close()
	p.cancel()
	if open {
		events.Emit(&p.hub, Left{ID: id})
	}
}

// ID is what others call us by; empty before the server has said so, unless we
// have asked for one.
func (p *Peer) ID() string { return p.now().id }

// Open is true while the server knows us.
func (p *Peer) Open() bool { return p.now().open }

// Destroyed is true after Destroy, and when the server has refused us.
func (p *Peer) Destroyed() bool { return p.now().destroyed }

func (p *Peer) now() state {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state
	s.open = s.open && !s.destroyed
	return s
}

// WaitOpen waits until the server knows us. A peer that has left it is a
// [Disconnected] error.
func (p *Peer) WaitOpen(ctx context.Context) error {
	for {
		p.mu.Lock()
		s, changed := p.state, p.changed
		p.mu.Unlock()
		switch {
		case s.destroyed || s.left:
			return &Error{Type: Disconnected, Message: "the peer is disconnected from its server"}
		case s.open:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
