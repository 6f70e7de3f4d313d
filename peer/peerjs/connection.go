package peerjs

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
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
	// maxInbox bounds the answers and candidates that a connection has not
	// acted on; what does not fit is dropped.
	maxInbox = 160
)

// Connection is what data and media connections have in common. Its methods
// may be called from any goroutine.
type Connection struct {
	p        *Peer
	kind     ConnectionType
	remote   string
	id       string
	metadata json.RawMessage
	outbound bool
	offer    string // the other peer's
	began    time.Time
	log      *slog.Logger
	data     *DataConnection  // nil for media
	media    *MediaConnection // nil for data

	legacy   atomic.Bool // the other peer is of a version before 1.5
	answered atomic.Bool
	inbox    chan message
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
	channel    *webrtc.DataChannel // the only one; nil before it is there
	gone       chan struct{}       // closed with channel
	goneOnce   sync.Once
	found      []*candidate // ours, that wait for the description to be sent
	described  bool
}

// refusal is what a refused peer is told.
type refusal struct{ reason any }

func (p *Peer) newConnection(kind ConnectionType, remote, id string, metadata json.RawMessage) *Connection {
	c := &Connection{
		p: p, kind: kind, remote: remote, id: id, metadata: metadata, began: time.Now(),
		log:      p.log.With("peer", remote, "connection", id),
		inbox:    make(chan message, maxInbox),
		done:     make(chan struct{}),
		opened:   make(chan struct{}),
		up:       make(chan struct{}),
		accepted: make(chan struct{}),
		gone:     make(chan struct{}),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c
}

// inbound makes the connection that an offer asks for.
func (p *Peer) inbound(remote string, v *payload) (*Connection, error) {
	if v.SDP == nil || v.SDP.Type != "offer" {
		return nil, fmt.Errorf("%w: no offer", errPayload)
	}
	c := p.newConnection(v.Type, remote, v.ConnectionID, v.Metadata)
	c.offer = v.SDP.SDP
	c.legacy.Store(v.Browser != "")
	c.answered.Store(true)
	switch v.Type {
	case Data:
		serializer := p.serializers[v.Serialization]
		if serializer == nil {
			return nil, fmt.Errorf("%w: the serialization %q", errors.ErrUnsupported, v.Serialization)
		}
		c.data = newData(c, v.Label, v.Serialization, v.Reliable != nil && *v.Reliable, serializer)
	case Media:
		c.media = newMedia(c)
	default:
		return nil, fmt.Errorf("%w: the type %q", errPayload, v.Type)
	}
	return c, nil
}

func (c *Connection) key() key { return key{c.remote, c.id} }

// randomID is the id of a connection of ours.
func randomID(prefix string) string { return prefix + strings.ToLower(rand.Text())[:16] }

// RemoteID is the id of the other peer: the original's "peer".
func (c *Connection) RemoteID() string { return c.remote }

// ID is the connection's own: "connectionId".
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

// Close ends the connection and waits until that is done. It must not be called
// from a listener of [On], which may call it in a goroutine. The second call
// only waits.
func (c *Connection) Close() error {
	c.cancel(net.ErrClosed)
	<-c.done
	return nil
}

// deliver queues a message of the other peer's.
func (c *Connection) deliver(m message) {
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
		c.cancel(ctx.Err())
	}
	<-c.done
	return context.Cause(c.ctx)
}

// run makes the connection and serves it until it ends.
func (c *Connection) run() {
	refused := false
	pc, err := c.begin(&refused)
	if err == nil && pc != nil {
		err = c.serve(pc)
	}
	if err != nil {
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
			c.hangUp()
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

// hangUp closes the data channel, and gives the other peer time to see it.
func (c *Connection) hangUp() {
	c.mu.Lock()
	d := c.channel
	c.mu.Unlock()
	if d == nil || d.ReadyState() != webrtc.DataChannelStateOpen {
		return
	}
	timer := time.NewTimer(goodbyeWithin)
	defer timer.Stop()
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
	d.OnOpen(opened)
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
