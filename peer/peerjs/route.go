package peerjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"

	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// key names a connection: its id is the other peer's choice.
type key struct{ remote, id string }

// maxEarly bounds the messages that have come before their offer; the oldest
// is forgotten. maxRefusing bounds the connections that are being told that they
// are refused.
const (
	maxEarly    = 64
	maxRefusing = 8
)

// earlyMessage waits for its offer.
type earlyMessage struct {
	key key
	m   message
}

// message is an ANSWER or a CANDIDATE for a connection.
type message struct {
	kind peerserver.Type
	*payload
}

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
		p.closeAll(func(c *Connection) bool { return c.remote == m.Src }, ErrHungUp)
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
	k := key{m.Src, v.ConnectionID}
	p.mu.Lock()
	c := p.conns[k]
	if c == nil {
		if len(p.early) >= maxEarly {
			p.early = p.early[1:]
		}
		p.early = append(p.early, earlyMessage{k, message{m.Type, v}})
	}
	p.mu.Unlock()
	if c != nil {
		c.deliver(message{m.Type, v})
	}
}

// expired ends what we have asked of a peer that is not there.
func (p *Peer) expired(remote string) {
	e := &Error{Type: PeerUnavailable, Message: fmt.Sprintf("could not connect to peer %q", remote)}
	waiting := func(c *Connection) bool { return c.remote == remote && c.outbound && !c.answered.Load() }
	if p.closeAll(waiting, e) > 0 {
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
		old.cancel(ErrHungUp) // as the original does
	}
	if !p.admit(c) {
		p.log.Debug("an offer was not taken: too many connections", "peer", remote)
		p.expire(remote)
		return
	}
	if c.kind == Media {
		events.Emit(&p.hub, Called{Call: c.media})
		return
	}
	events.Emit(&p.hub, Incoming{Connection: c.data})
	c.accept()
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

// admit counts a connection in and starts it, if there is room.
func (p *Peer) admit(c *Connection) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.destroyed || p.live >= p.o.MaxConnections || !c.outbound && p.asked[c.remote] >= p.o.MaxPerPeer {
		return false
	}
	p.live++
	if !c.outbound {
		p.asked[c.remote]++
	}
	p.conns[c.key()] = c
	for _, e := range p.takeEarly(c.key()) {
		c.deliver(e)
	}
	p.wg.Go(c.run)
	return true
}

// takeEarly returns what has come for a connection before its offer. The
// caller holds mu.
func (p *Peer) takeEarly(k key) []message {
	var found []message
	var kept []earlyMessage
	for _, e := range p.early {
		if e.key == k {
			found = append(found, e.m)
		} else {
			kept = append(kept, e)
		}
	}
	p.early = kept
	return found
}

// refuse moves a connection over to those that are being refused, where it
// takes no other's place. It is false when there are too many of these.
func (p *Peer) refuse(c *Connection) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refusing >= maxRefusing {
		return false
	}
	p.refusing++
	p.discount(c)
	return true
}

// discount frees the place of c. The caller holds mu.
func (p *Peer) discount(c *Connection) {
	p.live--
	if c.outbound {
		return
	}
	if p.asked[c.remote]--; p.asked[c.remote] <= 0 {
		delete(p.asked, c.remote)
	}
}

// remove forgets a connection that has ended.
func (p *Peer) remove(c *Connection, refused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if refused {
		p.refusing--
	} else {
		p.discount(c)
	}
	if p.conns[c.key()] == c {
		delete(p.conns, c.key())
	}
}

// alone is true when nothing but c connects us with its peer.
func (p *Peer) alone(c *Connection) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k, other := range p.conns {
		if k.remote == c.remote && other != c {
			return false
		}
	}
	return true
}

// closeAll begins to close those that match, and returns how many they are.
func (p *Peer) closeAll(match func(*Connection) bool, why error) int {
	p.mu.Lock()
	var found []*Connection
	for _, c := range p.conns {
		if match(c) {
			found = append(found, c)
		}
	}
	p.mu.Unlock()
	for _, c := range found {
		c.cancel(why)
	}
	return len(found)
}
