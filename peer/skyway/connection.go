package skyway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/events"
)

// Connection is what data and media connections have in common. Its methods
// may be called from any goroutine.
type Connection struct {
	p        *Peer
	life     *calls.Life
	kind     ConnectionType
	metadata json.RawMessage
	room     *Room  // nil but in a mesh
	offer    string // the other peer's first
	log      *slog.Logger
	data     *DataConnection  // nil for media
	media    *MediaConnection // nil for data
	force    atomic.Bool      // the other peer is told of the end
}

func (p *Peer) newConnection(kind ConnectionType, k calls.Key, outbound bool, metadata json.RawMessage) *Connection {
	log := p.log.With("peer", k.Remote, "connection", k.ID)
	return &Connection{p: p, kind: kind, metadata: metadata, log: log, life: calls.NewLife(k, outbound, log)}
}

// inbound makes the connection that an offer asks for.
func (p *Peer) inbound(m *signal, room *Room) (*Connection, error) {
	c := p.newConnection(m.ConnectionType, m.key(), false, m.Metadata)
	c.offer, c.room = m.Offer.SDP, room
	switch m.ConnectionType {
	case Data:
		if m.Serialization == "" {
			m.Serialization = Binary
		}
		serializer := newSerializer(m.Serialization, p.o.MaxValue)
		if serializer == nil {
			return nil, fmt.Errorf("%w: the serialization %q", errors.ErrUnsupported, m.Serialization)
		}
		c.data = newData(c, m.Label, m.Serialization, m.DCInit, serializer)
	case Media:
		c.media = &MediaConnection{Connection: c}
	default:
		return nil, fmt.Errorf("%w: the type %q", errMessage, m.ConnectionType)
	}
	return c, nil
}

// roomName is the name of the mesh room that the connection is of, or empty.
func (c *Connection) roomName() string {
	if c.room == nil {
		return ""
	}
	return c.room.name
}

// RemoteID is the id of the other peer.
func (c *Connection) RemoteID() string { return c.life.Remote }

// ID is the connection's own.
func (c *Connection) ID() string { return c.life.ID }

// Type is Data or Media.
func (c *Connection) Type() ConnectionType { return c.kind }

// Metadata is what the peer said that made the connection: JSON, or nil.
func (c *Connection) Metadata() json.RawMessage { return c.metadata }

// Outbound is true when we have made the connection.
func (c *Connection) Outbound() bool { return c.life.Outbound }

// Data is the connection for data that this is, or nil.
func (c *Connection) Data() *DataConnection { return c.data }

// Media is the call that this is, or nil.
func (c *Connection) Media() *MediaConnection { return c.media }

// Open is true while values can be sent, or since a call was answered.
func (c *Connection) Open() bool { return c.life.Opened() && c.life.Err() == nil }

// Done is closed when the connection has ended and all is freed.
func (c *Connection) Done() <-chan struct{} { return c.life.Done() }

// Err is why the connection has ended, as in [ConnectionClosed], and nil
// before.
func (c *Connection) Err() error { return c.life.Err() }

// Close ends the connection and waits until that is done. With force the other
// peer is told by way of the server, and closes its end at once; else a call
// looks as if the way was lost, which takes stock pages some seconds to notice.
// Close must not be called from a listener of [On], which may call it in a
// goroutine. The second call only waits.
func (c *Connection) Close(force bool) error {
	if force {
		c.force.Store(true)
	}
	c.life.Close()
	return nil
}

// endByForce ends the connection and tells the other peer.
func (c *Connection) endByForce(why error) {
	c.force.Store(true)
	c.life.End(why)
}

// fail ends the connection for an error.
func (c *Connection) fail(t ErrorType, message string, err error) {
	c.life.End(&Error{Type: t, Message: message, Err: err})
}

// open notes that the connection is usable.
func (c *Connection) open() {
	c.life.Open(func() {
		c.log.Info("a connection is open", "type", c.kind)
		events.Emit(&c.p.hub, ConnectionOpened{Connection: c})
	})
}

// outbound makes a connection of ours, which begin begins.
func (p *Peer) outbound(ctx context.Context, kind ConnectionType, remote, id string, metadata any) (*Connection, error) {
	if remote == "" || len(remote) > maxName {
		return nil, &Error{Type: InvalidID, Message: fmt.Sprintf("nobody can have the id %q", remote)}
	}
	var text json.RawMessage
	if metadata != nil {
		b, err := json.Marshal(metadata)
		if err != nil {
			return nil, fmt.Errorf("skyway: metadata: %w", err)
		}
		text = b
	}
	if err := p.WaitOpen(ctx); err != nil {
		return nil, err
	}
	return p.newConnection(kind, calls.Key{Remote: remote, ID: id}, true, text), nil
}

// begin starts a connection of ours and waits until it is open.
func (p *Peer) begin(ctx context.Context, c *Connection) error {
	if !p.conns.Admit(c.life, c, c.run) {
		return fmt.Errorf("skyway: there are %d connections already", p.o.MaxConnections)
	}
	return c.life.Wait(ctx, c.endByForce)
}
