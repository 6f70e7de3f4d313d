package skyway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

// send says something to the server, if it knows us.
func (p *Peer) send(name string, v any, binary ...[]byte) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	p.mu.Lock()
	l, open := p.link, p.state.open
	p.mu.Unlock()
	if l == nil || !open {
		return fmt.Errorf("skyway: %s: %w", name, net.ErrClosed)
	}
	return l.Send(skywayserver.Event{Name: name, Arg: b, Binary: binary})
}

// handle acts on what the server says.
func (p *Peer) handle(name string, m any) {
	switch m := m.(type) {
	case *opening:
		p.opened(m)
	case *failure:
		p.failed(&Error{Type: ErrorType(m.Type), Message: fmt.Sprintf("%.300s", m.Message)})
	case *expiry:
		events.Emit(&p.hub, ExpiresIn{Left: time.Duration(float64(*m) * float64(time.Second))})
	case *leaving:
		p.endAll(func(c *Connection) bool { return c.life.Remote == string(*m) }, ErrHungUp)
	case *hangup:
		if c := p.Connection(m.Src, m.ConnectionID); c != nil {
			c.life.End(ErrHungUp)
		}
	case *signal:
		p.negotiate(name, m)
	case *roomMessage:
		if r := p.room(m.RoomName); r != nil {
			r.handle(m)
		}
	}
}

// failed reports an error of the server's, and ends what it is about. The
// server names that in its message alone.
func (p *Peer) failed(e *Error) {
	p.mu.Lock()
	if e.Type.final() {
		p.refused = e
	}
	var room *Room
	if e.Type == RoomError {
		room = about(p.rooms, e.Message)
	}
	p.mu.Unlock()
	if e.Type == PeerUnavailable {
		p.endAll(func(c *Connection) bool { return !c.life.Answered() && names(e.Message, c.life.Remote) }, e)
	}
	if room != nil {
		room.failed(e)
	}
	events.Emit(&p.hub, Failed{Err: e})
}

// names is true for a message in which a name stands in quotes. Long ones are
// cut off.
func names(message, name string) bool {
	if len(name) > 64 {
		return strings.Contains(message, `"`+name[:64])
	}
	return strings.Contains(message, `"`+name+`"`)
}

// negotiate passes on what other peers send.
func (p *Peer) negotiate(name string, m *signal) {
	if name == "OFFER" {
		p.offered(m)
		return
	}
	c := p.conns.Get(m.key())
	switch {
	case c != nil && c.roomName() == m.RoomName:
		c.life.Deliver(calls.Signal{Answer: m.Answer, Candidate: m.Candidate})
	case c == nil && name == "CANDIDATE":
		p.conns.Early(m.key(), calls.Signal{Candidate: m.Candidate})
	case c == nil && m.RoomName == "":
		// Whoever has answered at last is to see that we have hung up.
		p.forceClose(m.key())
	}
}

// offered takes an offer: a new one of a connection that is there, or a
// connection that another peer asks for.
func (p *Peer) offered(m *signal) {
	if c := p.conns.Get(m.key()); c != nil {
		if !c.life.Outbound && c.roomName() == m.RoomName {
			c.life.Deliver(calls.Signal{Offer: m.Offer})
		}
		return
	}
	var room *Room
	if m.RoomName != "" {
		if room = p.room(m.RoomName); room == nil || !room.takes(m) {
			return
		}
	}
	c, err := p.inbound(m, room)
	if err == nil && room == nil && !p.listens(c.kind) {
		err = errors.New("nobody listens")
	}
	if err == nil && !p.conns.Admit(c.life, c, c.run) {
		err = errors.New("too many connections")
	}
	if err != nil {
		p.log.Debug("an offer was not taken", "peer", m.Src, "err", err)
		return
	}
	switch {
	case room != nil:
		room.answer(c.media)
	case c.kind == Media:
		events.Emit(&p.hub, Called{Call: c.media})
	default:
		events.Emit(&p.hub, Incoming{Connection: c.data})
		c.life.Accept(func() {})
	}
}

// listens is true when the application takes connections of this type.
func (p *Peer) listens(kind ConnectionType) bool {
	if kind == Media {
		return events.Heard[Called](&p.hub)
	}
	return events.Heard[Incoming](&p.hub)
}

// forceClose has another peer close a connection, if that is open there.
func (p *Peer) forceClose(k calls.Key) {
	if err := p.send("SEND_FORCE_CLOSE", signal{Dst: k.Remote, ConnectionID: k.ID}); err != nil {
		p.log.Debug("a peer was not told", "peer", k.Remote, "err", err)
	}
}

// endAll begins to end those that match, by force.
func (p *Peer) endAll(match func(*Connection) bool, why error) {
	for _, c := range p.conns.All(match) {
		c.endByForce(why)
	}
}

// Connections are all that have not ended, by the id of the other peer, those
// within mesh rooms aside.
func (p *Peer) Connections() map[string][]*Connection { return p.connections(nil) }

// connections are those of a mesh, or with nil of none.
func (p *Peer) connections(of *Room) map[string][]*Connection {
	all := map[string][]*Connection{}
	for _, c := range p.conns.All(func(c *Connection) bool { return c.room == of }) {
		all[c.life.Remote] = append(all[c.life.Remote], c)
	}
	return all
}

// Connection is the one with this peer and this id, or nil: the original's
// getConnection.
func (p *Peer) Connection(remote, id string) *Connection {
	return p.conns.Get(calls.Key{Remote: remote, ID: id})
}

// UpdateCredential tells the server of a new credential, before the old one
// ends; see [ExpiresIn]. It is used whenever the peer connects from then on. An
// error says that the server has not been told.
func (p *Peer) UpdateCredential(c Credential) error {
	p.mu.Lock()
	p.credential = &c
	p.mu.Unlock()
	return p.send("UPDATE_CREDENTIAL", c)
}
