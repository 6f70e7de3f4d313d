package peerserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"unicode/utf8"
)

// localAddr stands for this process where addresses are counted.
const localAddr = "local"

// LocalConn is a client in the same process. Its methods may be called from
// any goroutine.
type LocalConn struct {
	server *Server
	member *member
	queue  chan Message
	closed chan struct{}
	once   sync.Once
}

// Dial registers id, or an id of the server's choice if it is empty, for a
// peer in this process. Who dials with the same id and token again takes over.
// The error is [ErrIDTaken], [ErrLimit], [ErrInvalid] or [net.ErrClosed].
func (s *Server) Dial(id, token string) (*LocalConn, error) {
	if id == "" {
		id = s.freshID()
	}
	if !validID(id) || !validID(token) {
		return nil, ErrInvalid
	}
	c := &LocalConn{server: s, queue: make(chan Message, s.o.QueueMessages+outMessages), closed: make(chan struct{})}
	c.member = &member{id: id, token: token, addr: localAddr, link: c}
	if err := s.register(c.member); err != nil {
		return nil, err
	}
	return c, nil
}

// ID is the connection's id.
func (c *LocalConn) ID() string { return c.member.id }

// Send passes a message on, with the connection's own id as Src. It does not
// wait; a receiver that is not there is told of by an [Expire], later. An
// error says that the message is none, or is [net.ErrClosed].
func (c *LocalConn) Send(m Message) error {
	select {
	case <-c.closed:
		return fmt.Errorf("peerserver: send: %w", net.ErrClosed)
	default:
	}
	switch {
	case !m.Type.relayed() && m.Type != Heartbeat:
		return fmt.Errorf("peerserver: send: %w: type %q", errors.ErrUnsupported, m.Type)
	case len(m.Payload) > c.server.o.MaxMessage:
		return fmt.Errorf("peerserver: send: a payload of %d bytes is too long", len(m.Payload))
	case len(m.Payload) > 0 && !(json.Valid(m.Payload) && utf8.Valid(m.Payload)):
		return fmt.Errorf("peerserver: send: the payload is no JSON")
	}
	if !c.server.route(c.member, m) {
		return c.Close()
	}
	return nil
}

// Receive returns the next message for this id. It waits for one until ctx is
// done; [net.ErrClosed] says that the connection is closed, or that another
// one has taken over. [Open] is not among the messages.
func (c *LocalConn) Receive(ctx context.Context) (Message, error) {
	select {
	case m := <-c.queue:
		return m, nil
	default:
	}
	select {
	case m := <-c.queue:
		return m, nil
	case <-c.closed:
		return Message{}, fmt.Errorf("peerserver: receive: %w", net.ErrClosed)
	case <-ctx.Done():
		return Message{}, ctx.Err()
	}
}

// Close gives up the id. Further calls do nothing.
func (c *LocalConn) Close() error {
	c.shut(false)
	c.server.unregister(c.member, nil)
	return nil
}

// deliver never waits: who floods a host that is busy is told EXPIRE.
func (c *LocalConn) deliver(m Message) error {
	select {
	case <-c.closed:
		return net.ErrClosed
	default:
	}
	select {
	case c.queue <- m:
		return nil
	default:
		return errFull
	}
}

func (c *LocalConn) shut(bool) { c.once.Do(func() { close(c.closed) }) }
