package peerjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// send sends a message to another peer, if the server knows us.
func (p *Peer) send(kind peerserver.Type, dst string, v any) error {
	m := peerserver.Message{Type: kind, Dst: dst}
	if v != nil {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		m.Payload = b
	}
	p.mu.Lock()
	l, open := p.link, p.state.open
	p.mu.Unlock()
	if l == nil || !open {
		return fmt.Errorf("peerjs: %s: %w", kind, net.ErrClosed)
	}
	return l.Send(m)
}

// handle acts on a message of the server's.
func (p *Peer) handle(ctx context.Context, m peerserver.Message) {
	switch m.Type {
	case peerserver.Open:
		p.opened(ctx)
	case peerserver.Error:
		p.abort(&Error{Type: ServerError, Message: reason(m.Payload)})
	case peerserver.IDTaken:
		p.abort(&Error{Type: UnavailableID, Message: fmt.Sprintf("the id %q is taken", p.ID())})
	case peerserver.InvalidKey:
		p.abort(&Error{Type: InvalidKey, Message: fmt.Sprintf("the server does not know the key %q", p.o.Key)})
	case peerserver.Leave:
		p.endAll(func(l *calls.Life) bool { return l.Remote == m.Src }, ErrHungUp)
	case peerserver.Expire:
		p.expired(m.Src)
	case peerserver.Offer, peerserver.Answer, peerserver.Candidate:
		p.negotiate(m)
	}
}

// reason is the text of a refusal.
func reason(b json.RawMessage) string {
	var said struct{ Msg string }
	if json.Unmarshal(b, &said) != nil || said.Msg == "" {
		return "the server refuses"
	}
	return fmt.Sprintf("the server says %.200q", said.Msg)
}

// negotiate passes on what other peers send.
func (p *Peer) negotiate(m peerserver.Message) {
	v, err := parsePayload(m.Payload)
	if err != nil || m.Src == "" || len(m.Src) > maxName {
		p.log.Debug("a message was not understood", "peer", m.Src, "type", m.Type, "err", err)
		return
	}
	if m.Type == peerserver.Offer {
		p.offered(m.Src, v)
		return
	}
	k, s := calls.Key{Remote: m.Src, ID: v.ConnectionID}, calls.Signal{Candidate: v.Candidate}
	if m.Type == peerserver.Answer {
		s = calls.Signal{Answer: v.SDP}
	}
	c := p.conns.Get(k)
	if c == nil {
		p.conns.Early(k, s)
		return
	}
	if s.Answer != nil && !c.life.Answered() {
		c.legacy.Store(v.Browser != "")
	}
	c.life.Deliver(s)
}

// expired ends what we have asked of a peer that is not there.
func (p *Peer) expired(remote string) {
	e := &Error{Type: PeerUnavailable, Message: fmt.Sprintf("could not connect to peer %q", remote)}
	waiting := func(l *calls.Life) bool { return l.Remote == remote && !l.Answered() }
	if p.endAll(waiting, e) > 0 {
		events.Emit(&p.hub, Failed{Err: e})
	}
}

// offered begins a connection that another peer asks for.
func (p *Peer) offered(remote string, v *payload) {
	c, err := p.inbound(remote, v)
	if err == nil && !p.listens(c.kind) {
		err = errors.New("nobody listens")
	}
	if err != nil {
		p.log.Debug("an offer was not taken", "peer", remote, "err", err)
		p.expire(remote)
		return
	}
	if old := p.Connection(remote, v.ConnectionID); old != nil {
		old.life.End(ErrHungUp) // as the original does
	}
	if !p.conns.Admit(c.life, c, c.run) {
		p.log.Debug("an offer was not taken: too many connections", "peer", remote)
		p.expire(remote)
		return
	}
	if c.kind == Media {
		events.Emit(&p.hub, Called{Call: c.media})
		return
	}
	events.Emit(&p.hub, Incoming{Connection: c.data})
	c.life.Accept(func() {})
}

// listens is true when the application takes connections of this type.
func (p *Peer) listens(kind ConnectionType) bool {
	if kind == Media {
		return events.Heard[Called](&p.hub)
	}
	return events.Heard[Incoming](&p.hub)
}

// expire tells a peer that it cannot have what it asks for. To a stock peer
// this is "peer-unavailable".
func (p *Peer) expire(remote string) {
	if err := p.send(peerserver.Expire, remote, nil); err != nil {
		p.log.Debug("a peer was not told", "peer", remote, "err", err)
	}
}

// alone is true when nothing but c connects us with its peer.
func (p *Peer) alone(c *Connection) bool {
	others := p.conns.All(func(o *Connection) bool { return o.life.Remote == c.life.Remote && o != c })
	return len(others) == 0
}

// endAll begins to end those that match, and returns how many they are.
func (p *Peer) endAll(match func(*calls.Life) bool, why error) int {
	found := p.conns.All(func(c *Connection) bool { return match(c.life) })
	for _, c := range found {
		c.life.End(why)
	}
	return len(found)
}
