package skywayserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"

	"github.com/causeway-rtc/causeway/peer/socketio"
)

// localEvents is how many events wait for a peer in this process.
const localEvents = 1024

// Event is what peer and server say to each other: the name, one argument in
// JSON, and bytes for the placeholders in it.
type Event struct {
	Name   string
	Arg    json.RawMessage
	Binary [][]byte
}

// LocalConn is a client in the same process. Its methods may be called from
// any goroutine.
type LocalConn struct {
	server *Server
	member *member
	queue  chan Event
	closed chan struct{}
	once   sync.Once
}

// Dial connects a peer in this process, which needs no credential. An empty id
// means one of the server's choice; who dials with the same id and token again
// takes over. The error is a [*Refusal].
func (s *Server) Dial(key, id, token string) (*LocalConn, error) {
	c := &LocalConn{server: s, queue: make(chan Event, localEvents), closed: make(chan struct{})}
	m, err := s.admit(wish{key: key, id: id, token: token, loopback: true, local: true}, c)
	if err != nil {
		return nil, err
	}
	c.member = m
	return c, nil
}

// ID is the peer's id.
func (c *LocalConn) ID() string { return c.member.id.id }

// Send says something to the server, which keeps e.
func (c *LocalConn) Send(e Event) error {
	p := socketio.Packet{Type: socketio.Event, Name: e.Name, Arg: e.Arg, Binary: e.Binary}
	// What goes to others is read as theirs is.
	d := socketio.Decoder{MaxBinary: maxBinary}
	read, err := d.Text(p.Text())
	for _, b := range e.Binary {
		if err == nil {
			read, err = d.Binary(b)
		}
	}
	if err != nil {
		return fmt.Errorf("skywayserver: send %s: %w", e.Name, err)
	}
	if c.server.handlers[e.Name] == nil {
		return fmt.Errorf("skywayserver: send %s: %w", e.Name, errUnknown)
	}
	if !c.server.holds(c.member, c) {
		return fmt.Errorf("skywayserver: send: %w", net.ErrClosed)
	}
	c.server.act(c.member, read)
	return nil
}

// Receive returns the next event, of which OPEN is the first. It waits for one
// until ctx is done; [net.ErrClosed] says that the connection is closed, or
// that another one has taken over.
func (c *LocalConn) Receive(ctx context.Context) (Event, error) {
	select {
	case e := <-c.queue:
		return e, nil
	default:
	}
	select {
	case e := <-c.queue:
		return e, nil
	case <-c.closed:
		return Event{}, fmt.Errorf("skywayserver: receive: %w", net.ErrClosed)
	case <-ctx.Done():
		return Event{}, ctx.Err()
	}
}

// Close disconnects the peer. Further calls do nothing.
func (c *LocalConn) Close() error {
	c.shut()
	c.server.unregister(c.member, c, true)
	return nil
}

// deliver implements link. A host that is too busy to read stays, whatever it
// misses: flooding it must not disconnect it.
func (c *LocalConn) deliver(e *event, _ bool) {
	select {
	case c.queue <- Event{e.packet.Name, e.packet.Arg, e.packet.Binary}:
	default:
		c.server.o.Log.Debug("a peer in this process does not read", "event", e.packet.Name)
	}
}

func (c *LocalConn) shut() { c.once.Do(func() { close(c.closed) }) }
