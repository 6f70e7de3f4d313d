package skyway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

// key names a connection: its id is the other peer's choice.
type key struct{ remote, id string }

// maxEarly bounds the candidates that have come before their offer; the oldest
// is forgotten. maxRefusing bounds the connections that are being told that they
// are refused.
const (
	maxEarly    = 64
	maxRefusing = 8
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
		p.closeAll(func(c *Connection) bool { return c.remote == string(*m) }, ErrHungUp)
	case *hangup:
		if c := p.Connection(m.Src, m.ConnectionID); c != nil {
			c.cancel(ErrHungUp)
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
		p.closeAll(func(c *Connection) bool {
			return c.outbound && !c.answered.Load() && names(e.Message, c.remote)
		}, e)
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
	p.mu.Lock()
	c := p.conns[key{m.Src, m.ConnectionID}]
	if c == nil && name == "CANDIDATE" {
		if len(p.early) >= maxEarly {
			p.early = p.early[1:]
		}
		p.early = append(p.early, m)
	}
	p.mu.Unlock()
	switch {
	case c != nil && c.roomName() == m.RoomName:
		c.deliver(m)
	case c == nil && name == "ANSWER" && m.RoomName == "":
		// Whoever has answered at last is to see that we have hung up.
		p.forceClose(m.Src, m.ConnectionID)
	}
}

// offered takes an offer: a new one of a connection that is there, or a
// connection that another peer asks for.
func (p *Peer) offered(m *signal) {
	if c := p.Connection(m.Src, m.ConnectionID); c != nil {
		if !c.outbound && c.roomName() == m.RoomName {
			c.deliver(m)
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
	if err == nil && !p.admit(c) {
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
		c.accept()
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
func (p *Peer) forceClose(remote, id string) {
	if err := p.send("SEND_FORCE_CLOSE", signal{Dst: remote, ConnectionID: id}); err != nil {
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
func (p *Peer) takeEarly(k key) []*signal {
	var found, kept []*signal
	for _, e := range p.early {
		if e.Src == k.remote && e.ConnectionID == k.id {
			found = append(found, e)
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

// closeAll begins to close those that match, by force.
func (p *Peer) closeAll(match func(*Connection) bool, why error) {
	p.mu.Lock()
	var found []*Connection
	for _, c := range p.conns {
		if match(c) {
			found = append(found, c)
		}
	}
	p.mu.Unlock()
	for _, c := range found {
		c.force.Store(true)
		c.cancel(why)
	}
}

// Connections are all that have not ended, by the id of the other peer, those
// within mesh rooms aside.
func (p *Peer) Connections() map[string][]*Connection {
	return p.connections(func(c *Connection) bool { return c.room == nil })
}

func (p *Peer) connections(match func(*Connection) bool) map[string][]*Connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string][]*Connection{}
	for k, c := range p.conns {
		if match(c) {
			all[k.remote] = append(all[k.remote], c)
		}
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b *Connection) int { return a.began.Compare(b.began) })
	}
	return all
}

// Connection is the one with this peer and this id, or nil: the original's
// getConnection.
func (p *Peer) Connection(remote, id string) *Connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conns[key{remote, id}]
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
