package skyway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/causeway-rtc/causeway/peer/events"
)

// maxInbox bounds the messages that a connection has not acted on; what does
// not fit is dropped.
const maxInbox = 160

// Connection is what data and media connections have in common. Its methods
// may be called from any goroutine.
type Connection struct {
	p        *Peer
	kind     ConnectionType
	remote   string
	id       string
	metadata json.RawMessage
	outbound bool
	room     *Room  // nil but in a mesh
	offer    string // the other peer's first
	began    time.Time
	log      *slog.Logger
	data     *DataConnection  // nil for media
	media    *MediaConnection // nil for data

	answered atomic.Bool
	force    atomic.Bool // the other peer is told of the end
	inbox    chan *signal
	again    chan struct{}   // an offer is to be made again; capacity one
	ctx      context.Context // done when it is to end
	cancel   context.CancelCauseFunc
	wg       sync.WaitGroup // of its goroutines, run aside
	done     chan struct{}  // closed when all is freed
	opened   chan struct{}
	openOnce sync.Once
	up       chan struct{} // closed when ICE and DTLS are connected
	upOnce   sync.Once

	mu         sync.Mutex
	accepted   chan struct{} // closed by accept
	isAccepted bool
	refusal    *refusal
	found      []*candidate // ours, that wait for the description to be sent
	described  bool
}

// refusal is what a refused peer is told.
type refusal struct{ reason any }

func (p *Peer) newConnection(kind ConnectionType, remote, id string, metadata json.RawMessage) *Connection {
	c := &Connection{
		p: p, kind: kind, remote: remote, id: id, metadata: metadata, began: time.Now(),
		log:      p.log.With("peer", remote, "connection", id),
		inbox:    make(chan *signal, maxInbox),
		again:    make(chan struct{}, 1),
		done:     make(chan struct{}),
		opened:   make(chan struct{}),
		up:       make(chan struct{}),
		accepted: make(chan struct{}),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c
}

// inbound makes the connection that an offer asks for.
func (p *Peer) inbound(m *signal, room *Room) (*Connection, error) {
	c := p.newConnection(m.ConnectionType, m.Src, m.ConnectionID, m.Metadata)
	c.offer, c.room = m.Offer.SDP, room
	c.answered.Store(true)
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

func (c *Connection) key() key { return key{c.remote, c.id} }

// roomName is the name of the mesh room that the connection is of, or empty.
func (c *Connection) roomName() string {
	if c.room == nil {
		return ""
	}
	return c.room.name
}

// RemoteID is the id of the other peer.
func (c *Connection) RemoteID() string { return c.remote }

// ID is the connection's own.
func (c *Connection) ID() string { return c.id }

// Type is Data or Media.
func (c *Connection) Type() ConnectionType { return c.kind }

// Metadata is what the peer said that made the connection: JSON, or nil.
func (c *Connection) Metadata() json.RawMessage { return c.metadata }

// Outbound is true when we have made the connection.
func (c *Connection) Outbound() bool { return c.outbound }

// Data is the connection for data that this is, or nil.
func (c *Connection) Data() *DataConnection { return c.data }

// Media is the call that this is, or nil.
func (c *Connection) Media() *MediaConnection { return c.media }

// Open is true while values can be sent, or since a call was answered.
func (c *Connection) Open() bool {
	select {
	case <-c.opened:
		return c.ctx.Err() == nil
	default:
		return false
	}
}

// Done is closed when the connection has ended and all is freed.
func (c *Connection) Done() <-chan struct{} { return c.done }

// Err is why the connection has ended, as in [ConnectionClosed], and nil
// before.
func (c *Connection) Err() error {
	if c.ctx.Err() == nil {
		return nil
	}
	return context.Cause(c.ctx)
}

// Close ends the connection and waits until that is done. With force the other
// peer is told by way of the server, and closes its end at once; else a call
// looks as if the way was lost, which takes stock pages some seconds to notice.
// Close must not be called from a listener of [On], which may call it in a
// goroutine. The second call only waits.
func (c *Connection) Close(force bool) error {
	if force {
		c.force.Store(true)
	}
	c.cancel(net.ErrClosed)
	<-c.done
	return nil
}

// deliver queues a message of the other peer's.
func (c *Connection) deliver(m *signal) {
	select {
	case c.inbox <- m:
	default:
		c.log.Debug("a message was dropped: too many at a time")
	}
}

// accept lets an inbound connection be made.
func (c *Connection) accept() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isAccepted {
		c.isAccepted = true
		close(c.accepted)
	}
}

// fail ends the connection for an error.
func (c *Connection) fail(t ErrorType, message string, err error) {
	c.cancel(&Error{Type: t, Message: message, Err: err})
}

// open notes that the connection is usable.
func (c *Connection) open() {
	c.openOnce.Do(func() {
		close(c.opened)
		if c.refused() == nil {
			c.log.Info("a connection is open", "type", c.kind)
			events.Emit(&c.p.hub, ConnectionOpened{Connection: c})
		}
	})
}

func (c *Connection) refused() *refusal {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refusal
}

// setRefusal is Refuse.
func (c *Connection) setRefusal(reason any) {
	c.mu.Lock()
	if c.isAccepted || c.refusal != nil || c.outbound {
		c.mu.Unlock()
		return
	}
	c.refusal = &refusal{reason}
	c.mu.Unlock()
	c.accept()
}

// wait waits until an outbound connection is open. One that does not come to
// be is closed.
func (c *Connection) wait(ctx context.Context) error {
	select {
	case <-c.opened:
		return nil
	case <-c.ctx.Done():
	case <-ctx.Done():
		c.force.Store(true)
		c.cancel(ctx.Err())
	}
	<-c.done
	return context.Cause(c.ctx)
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
	c := p.newConnection(kind, remote, id, text)
	c.outbound = true
	return c, nil
}

// begin starts a connection of ours and waits until it is open.
func (p *Peer) begin(ctx context.Context, c *Connection) error {
	if !p.admit(c) {
		return fmt.Errorf("skyway: there are %d connections already", p.o.MaxConnections)
	}
	return c.wait(ctx)
}
