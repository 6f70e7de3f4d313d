package skyway

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

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
	o      Options
	log    *slog.Logger
	api    *webrtc.API
	packs  media.Packetizers
	token  string // by which the server knows us again
	hub    events.Hub
	again  chan struct{} // Reconnect was called
	ctx    context.Context
	cancel context.CancelFunc // Destroy was called
	conns  *calls.Table[*Connection]
	wg     sync.WaitGroup // of rooms

	mu         sync.Mutex
	state      state
	config     webrtc.Configuration // of the connections to come
	credential *Credential
	link       link // nil while there is none
	stop       context.CancelFunc
	refused    *Error // why the server is about to disconnect us, if it has said so
	failure    *Error
	rooms      map[string]*Room
	lookedUp   time.Time     // the last FetchPeerExists
	changed    chan struct{} // closed and replaced with state
}

// New makes a peer with this id, or one of the server's choice if it is empty.
// It does nothing until Run. An id that is not valid is an [InvalidID] error, a
// key an [InvalidKey] one.
func New(id string, o Options) (*Peer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if id != "" && !ValidID(id) {
		return nil, &Error{Type: InvalidID, Message: fmt.Sprintf("the id %q is invalid", id)}
	}
	p := &Peer{
		o: o, log: o.Log, token: random(16), credential: o.Credential,
		again: make(chan struct{}, 1), changed: make(chan struct{}),
		conns: calls.NewTable[*Connection](o.MaxConnections, o.MaxPerPeer), rooms: map[string]*Room{},
		state: state{id: id},
	}
	p.api, p.config, err = peer.NewAPI(peer.APIOptions{
		Port: o.ICEPort, ICEServers: o.ICEServers, RelayOnly: o.RelayOnly, Codecs: o.Codecs, MaxMessage: values.MaxFrame, Log: o.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("skyway: %w", err)
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p, nil
}

// The waits between two tries to reach the server again.
const (
	retryLeast = 500 * time.Millisecond
	retryMost  = 30 * time.Second
)

// Run connects to the server and serves the peer's connections until ctx is
// done or Destroy is called, or the server does not take a peer that was never
// open, which it then returns. A server that is lost is tried again, in between
// [Failed] tells; rooms are joined again once it is back. When Run returns, all
// connections are closed and their goroutines gone. It is called once.
func (p *Peer) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, p.Destroy)
	defer stop()
	wait := retryLeast
	for p.ctx.Err() == nil {
		var retry <-chan time.Time
		if !p.now().left {
			if p.session() {
				wait = retryLeast
			}
			retry = time.After(wait)
			wait = min(2*wait, retryMost)
		}
		select {
		case <-retry:
		case <-p.again:
		case <-p.ctx.Done():
		}
	}
	p.end()
	events.Emit(&p.hub, Destroyed{})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure != nil && ctx.Err() == nil {
		return p.failure
	}
	return nil
}

// session is one connection to the server. It is true when the server has taken
// us.
func (p *Peer) session() (opened bool) {
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	p.mu.Lock()
	if p.state.left {
		p.mu.Unlock()
		return false
	}
	p.stop, p.refused = cancel, nil
	p.mu.Unlock()
	l, err := p.dial(ctx)
	if err != nil {
		if ctx.Err() == nil {
			p.lost(dialFailure(err))
		}
		return false
	}
	p.mu.Lock()
	p.link = l
	p.mu.Unlock()
	err = p.readUntil(ctx, l)
	p.mu.Lock()
	p.link = nil
	opened = p.state.open
	p.mu.Unlock()
	if ctx.Err() == nil {
		p.lost(&Error{Type: SocketError, Message: "the connection to the server is lost", Err: err})
	}
	return opened
}

// readUntil acts on what the server says until that ends, or ctx is done, and
// closes l. The last words of connections, when the peer is destroyed, still go
// by l.
func (p *Peer) readUntil(ctx context.Context, l link) error {
	read, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	ended := make(chan error, 1)
	wg.Go(func() { ended <- p.read(read, l) })
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		if p.ctx.Err() != nil {
			p.end()
		}
	}
	_ = l.Close() // which never fails
	stop()
	wg.Wait()
	return err
}

// end closes all rooms and connections, and waits for that.
func (p *Peer) end() {
	for _, r := range p.Rooms() {
		r.cancel()
	}
	p.endAll(func(*Connection) bool { return true }, net.ErrClosed)
	p.conns.Wait()
	p.wg.Wait()
}

func (p *Peer) read(ctx context.Context, l link) error {
	for {
		e, err := l.Receive(ctx)
		if err != nil {
			return err
		}
		m, err := parse(e)
		if err != nil {
			p.log.Debug("the server was not understood", "err", err)
			continue
		}
		p.handle(e.Name, m)
	}
}

// dial reaches the server.
func (p *Peer) dial(ctx context.Context) (link, error) {
	p.mu.Lock()
	id, credential := p.state.id, p.credential
	p.mu.Unlock()
	if p.o.Server != nil {
		l, err := p.o.Server.Dial(p.o.Key, id, p.token)
		if err != nil {
			return nil, err
		}
		return l, nil
	}
	l, err := p.o.dialServer(ctx, id, p.token, credential)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// opened notes that the server has taken us.
func (p *Peer) opened(m *opening) {
	p.mu.Lock()
	if p.state.left || p.state.destroyed {
		p.mu.Unlock()
		return
	}
	p.state.id, p.state.opened, p.state.open = m.PeerID, true, true
	p.useTURN(m.TURNCredential)
	p.wake()
	var rooms []*Room
	for _, r := range p.rooms {
		rooms = append(rooms, r)
	}
	p.mu.Unlock()
	p.log.Info("the SkyWay server knows us", "self", m.PeerID)
	for _, r := range rooms {
		r.join()
	}
	events.Emit(&p.hub, Opened{ID: m.PeerID})
}

// useTURN uses what the server gives us for its TURN servers. The caller holds
// mu.
func (p *Peer) useTURN(c turnCredential) {
	if p.o.NoTURN || c.Credential == "" {
		return
	}
	if c.Username == "" {
		c.Username = p.o.Key + "$" + p.state.id
	}
	servers := p.config.ICEServers
	if p.state.turn {
		servers = servers[:len(servers)-1] // what it gave us before
	}
	p.state.turn = true
	p.config.ICEServers = append(servers[:len(servers):len(servers)], webrtc.ICEServer{
		URLs:     []string{"turn:" + p.o.TURNHost + "?transport=tcp", "turn:" + p.o.TURNHost + "?transport=udp", "turns:" + p.o.TURNHost + "?transport=tcp"},
		Username: c.Username, Credential: c.Credential,
	})
}

// wake tells those who wait for a change of state. The caller holds mu.
func (p *Peer) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// lost reports that there is no connection to the server, or none any more. It
// ends a peer that the server has refused and that was never open.
func (p *Peer) lost(e *Error) {
	p.mu.Lock()
	told := p.refused != nil
	if told {
		e = p.refused
	}
	final := !p.state.opened && e.Type.final()
	if final {
		p.failure = e
	}
	id, was := p.state.id, p.state.open
	p.state.open = false
	p.wake()
	p.mu.Unlock()
	p.conns.ForgetEarly()
	p.log.Warn("no connection to the SkyWay server", "self", id, "err", e)
	if !told {
		events.Emit(&p.hub, Failed{Err: e})
	}
	if was {
		events.Emit(&p.hub, Left{ID: id})
	}
	if final {
		p.Destroy()
	}
}
