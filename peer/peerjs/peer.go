package peerjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/peer/values"
)

// Peer is the local participant. Its methods may be called from any
// goroutine, those of events included, but for those that say that they wait.
type Peer struct {
	o           Options
	log         *slog.Logger
	api         *webrtc.API
	config      webrtc.Configuration
	packs       media.Packetizers
	serializers map[string]func(SerializerOptions) Serializer
	hub         events.Hub
	again       chan struct{} // Reconnect was called
	ctx         context.Context
	cancel      context.CancelFunc // Destroy was called
	conns       *calls.Table[*Connection]

	mu      sync.Mutex
	state   state
	link    link // nil while there is none
	stop    context.CancelFunc
	failure *Error
	changed chan struct{} // closed and replaced with state
}

// state is how a peer stands with its server.
type state struct {
	id, want           string // want is what is asked for at the next connection
	last               string // the last id that the server knew us by
	open, disconnected bool
	destroyed          bool
}

// New makes a peer with this id, or one of the server's choice if it is empty.
// It does nothing until Run. An id that is not valid is an [InvalidID] error.
func New(id string, o Options) (*Peer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if id != "" && !ValidID(id) {
		return nil, &Error{Type: InvalidID, Message: fmt.Sprintf("the id %q is invalid", id)}
	}
	p := &Peer{
		o: o, log: o.Log, serializers: withSerializers(o.Serializers),
		again: make(chan struct{}, 1), changed: make(chan struct{}),
		conns: calls.NewTable[*Connection](o.MaxConnections, o.MaxPerPeer),
		state: state{want: id},
	}
	p.api, p.config, err = peer.NewAPI(peer.APIOptions{
		Port: o.ICEPort, ICEServers: o.ICEServers, RelayOnly: o.RelayOnly, Codecs: o.Codecs, MaxMessage: values.MaxFrame, Log: o.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("peerjs: %w", err)
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p, nil
}

// Run connects to the server and serves the peer's connections until ctx is
// done, or Destroy is called, or an error is fatal, which it then returns. It
// waits for Reconnect when the server is lost. When it returns, all connections
// are closed and their goroutines gone. It is called once.
func (p *Peer) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, p.Destroy)
	defer stop()
	for p.ctx.Err() == nil {
		p.session()
		select {
		case <-p.again:
		case <-p.ctx.Done():
		}
	}
	p.endAll(func(*calls.Life) bool { return true }, net.ErrClosed)
	p.conns.Wait()
	events.Emit(&p.hub, Destroyed{})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure != nil && ctx.Err() == nil {
		return p.failure
	}
	return nil
}

// session is one connection to the server.
func (p *Peer) session() {
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	p.mu.Lock()
	if p.state.disconnected {
		p.mu.Unlock()
		return
	}
	id := p.state.want
	p.stop = cancel
	p.mu.Unlock()
	l, id, err := p.dial(ctx, id)
	if err != nil {
		if ctx.Err() == nil {
			p.abort(err)
		}
		return
	}
	defer l.Close()
	p.mu.Lock()
	if ctx.Err() != nil {
		p.mu.Unlock()
		return
	}
	p.link, p.state.id = l, id
	p.mu.Unlock()
	defer p.unlink(l)
	if p.o.Server != nil {
		p.opened(ctx)
	}
	p.log.Debug("connected to the server", "self", id)
	p.read(ctx, l)
}

// read acts on the server's messages until the link is gone.
func (p *Peer) read(ctx context.Context, l link) {
	grace, cancel := context.WithTimeout(ctx, openGrace)
	defer cancel()
	stop := context.AfterFunc(grace, func() {
		if errors.Is(grace.Err(), context.DeadlineExceeded) {
			p.opened(ctx)
		}
	})
	defer stop()
	for {
		m, err := l.Receive(ctx)
		if err != nil {
			if ctx.Err() == nil {
				p.abort(&Error{Type: Network, Message: "the connection to the server is lost", Err: err})
			}
			return
		}
		p.handle(ctx, m)
	}
}

func (p *Peer) unlink(l link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link == l {
		p.link = nil
	}
}

// dial reaches the server as id, or as one that it gives us.
func (p *Peer) dial(ctx context.Context, id string) (link, string, *Error) {
	if p.o.Server != nil {
		l, err := p.o.Server.Dial(id, p.o.Token)
		if err != nil {
			return nil, "", dialFailure(err)
		}
		return l, l.ID(), nil
	}
	if id == "" {
		given, err := p.o.fetch(ctx, "id")
		if err != nil || given == "" || len(given) > maxName {
			return nil, "", idFailure(err)
		}
		id = given
	}
	l, err := p.o.dialServer(ctx, id)
	if err != nil {
		return nil, "", dialFailure(err)
	}
	return l, id, nil
}

// opened notes that the server has taken us, in the session of ctx.
func (p *Peer) opened(ctx context.Context) {
	p.mu.Lock()
	if p.state.open || p.state.disconnected || ctx.Err() != nil {
		p.mu.Unlock()
		return
	}
	p.state.open, p.state.last = true, p.state.id
	p.wake()
	id := p.state.id
	p.mu.Unlock()
	p.log.Info("the PeerServer knows us", "self", id)
	events.Emit(&p.hub, Opened{ID: id})
}

// wake tells those who wait for a change of state. The caller holds mu.
func (p *Peer) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// abort reports an error. A fatal one ends a peer that was never open; any
// other disconnects it.
func (p *Peer) abort(e *Error) {
	p.mu.Lock()
	fatal := e.Type.Fatal() && p.state.last == ""
	if fatal {
		p.failure = e
	}
	p.mu.Unlock()
	events.Emit(&p.hub, Failed{Err: e})
	if fatal {
		p.Destroy()
	} else {
		p.Disconnect()
	}
}

// Disconnect gives up the id and leaves the server. Connections stay, but
// there are no new ones until Reconnect.
func (p *Peer) Disconnect() {
	p.mu.Lock()
	s := &p.state
	if s.disconnected {
		p.mu.Unlock()
		return
	}
	id := s.id
	if id != "" {
		s.last, s.want = id, id
	}
	s.id, s.open, s.disconnected = "", false, true
	if p.stop != nil {
		p.stop()
	}
	p.wake()
	p.mu.Unlock()
	p.conns.ForgetEarly()
	p.log.Info("disconnected from the PeerServer", "self", id)
	events.Emit(&p.hub, Left{ID: id})
}

// Reconnect connects a disconnected peer again, with the id that it had. It
// does not wait; what goes wrong is a [Failed] event. A destroyed peer, or one
// that is connected, is an error.
func (p *Peer) Reconnect() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch s := &p.state; {
	case s.destroyed:
		return errors.New("peerjs: the peer is destroyed and cannot reconnect")
	case s.open:
		return errors.New("peerjs: the peer is not disconnected from its server")
	case !s.disconnected:
		return nil // it is connecting
	}
	p.state.disconnected = false
	p.wake()
	select {
	case p.again <- struct{}{}:
	default:
	}
	return nil
}

// Destroy ends the peer and all its connections. It does not wait: Run returns
// when all is done.
func (p *Peer) Destroy() {
	p.mu.Lock()
	was := p.state.destroyed
	p.state.destroyed = true
	p.mu.Unlock()
	if was {
		return
	}
	p.conns.Close()
	p.Disconnect()
	p.cancel()
}

// ID is what others call us by; empty before the server has said so, and while
// disconnected.
func (p *Peer) ID() string { return p.now().id }

// Open is true while the server knows us.
func (p *Peer) Open() bool { return p.now().open }

// Disconnected is true after Disconnect, and after the server was lost.
func (p *Peer) Disconnected() bool { return p.now().disconnected }

// Destroyed is true after Destroy, and after a fatal error.
func (p *Peer) Destroyed() bool { return p.now().destroyed }

func (p *Peer) now() state {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// WaitOpen waits until the server knows us. A peer that is disconnected is a
// [Disconnected] error.
func (p *Peer) WaitOpen(ctx context.Context) error {
	for {
		p.mu.Lock()
		s, changed := p.state, p.changed
		p.mu.Unlock()
		switch {
		case s.destroyed || s.disconnected:
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

// ListAllPeers are the ids that the server knows, if it says so: see its option
// AllowDiscovery. A server in this process always does.
func (p *Peer) ListAllPeers(ctx context.Context) ([]string, error) {
	if p.o.Server != nil {
		return p.o.Server.IDs(), nil
	}
	text, err := p.o.fetch(ctx, "peers")
	if err != nil {
		return nil, &Error{Type: ServerError, Message: "the server does not list its peers", Err: err}
	}
	var ids []string
	if err := json.Unmarshal([]byte(text), &ids); err != nil {
		return nil, &Error{Type: ServerError, Message: "the server's list of peers", Err: err}
	}
	return ids, nil
}

// Connections are all that have not ended, by the id of the other peer.
func (p *Peer) Connections() map[string][]*Connection {
	all := map[string][]*Connection{}
	for _, c := range p.conns.All(func(*Connection) bool { return true }) {
		all[c.life.Remote] = append(all[c.life.Remote], c)
	}
	return all
}

// Connection is the one with this peer and this id, or nil.
func (p *Peer) Connection(remote, id string) *Connection {
	return p.conns.Get(calls.Key{Remote: remote, ID: id})
}
