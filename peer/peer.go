package peer

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/memory"
)

// ErrAbsent is wrapped by the error of Connect when nobody has that id.
var ErrAbsent = errors.New("nobody has this id")

// Peer is the local participant. Its methods may be called from any
// goroutine.
type Peer struct {
	o      Options
	log    *slog.Logger
	api    *webrtc.API
	config webrtc.Configuration
	packs  media.Packetizers
	pngs   shapeCache
	events hub

	subscribed chan struct{} // closed by Run
	ended      chan struct{} // closed when Run returns
	why        error         // what Run returned; set before that
	ownSignal  bool          // the way to the exchange is ours to close

	mu       sync.Mutex
	ctx      context.Context // of Run; nil before
	remotes  map[signal.Namespace]*Remote
	joins    map[signal.Namespace]*pendingJoin
	rooms    map[string]*membership // those joined, without our own
	streams  []*OutboundStream      // published, in order
	lastID   int                    // of a stream
	channels map[uint16]ChannelOptions
	addons   []Addon
	status   map[string]Status
	wg       sync.WaitGroup // of joins and remotes
}

// New makes a peer. It does nothing until Run.
func New(o Options) (*Peer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Peer{
		o: o, log: o.Log,
		subscribed: make(chan struct{}),
		ended:      make(chan struct{}),
		remotes:    map[signal.Namespace]*Remote{},
		joins:      map[signal.Namespace]*pendingJoin{},
		rooms:      map[string]*membership{},
		channels:   map[uint16]ChannelOptions{},
		status:     map[string]Status{},
	}
	if p.api, err = newAPI(o); err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	if p.config, err = configuration(o); err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	if o.Signal == nil {
		if p.o.Signal, err = memory.Default().Dial(""); err != nil {
			return nil, fmt.Errorf("peer: %w", err)
		}
		p.ownSignal = true
	}
	for _, s := range o.Streams {
		if _, err := p.Publish(s, PublishOptions{}); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// configuration is what all connections have in common. They share one
// certificate: making one takes longer than connecting.
func configuration(o Options) (webrtc.Configuration, error) {
	var c webrtc.Configuration
	for _, s := range o.ICEServers {
		c.ICEServers = append(c.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	if o.RelayOnly {
		c.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, err
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return c, err
	}
	c.Certificates = []webrtc.Certificate{*certificate}
	return c, nil
}

// ID is the peer's name.
func (p *Peer) ID() string { return p.o.ID }

// ExternalID is the application's name for it.
func (p *Peer) ExternalID() string { return p.o.ExternalID }

// Ready is closed once Run has opened the peer's own room, so that a join
// finds it.
func (p *Peer) Ready() <-chan struct{} { return p.subscribed }

// Run opens the peer's own room and serves its remotes until ctx is done or
// the signalling has ended for good. It then closes all remotes and waits for
// their goroutines. It is called once. Its error is nil when ctx was done.
func (p *Peer) Run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		p.why = err
		close(p.ended)
	}()
	if p.ownSignal {
		defer func() { _ = p.o.Signal.Close() }()
	}
	defer p.closeRemotes()
	defer cancel()
	p.mu.Lock()
	p.ctx = ctx
	p.mu.Unlock()
	if err := p.enter(ctx, p.o.ID); err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	close(p.subscribed)
	for {
		ns, m, err := p.o.Signal.Receive(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if refusal, ok := errors.AsType[*signal.Error](err); ok {
			if err := p.refused(refusal); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		p.dispatch(ns, m)
	}
}

// enter subscribes to a room, as a member.
func (p *Peer) enter(ctx context.Context, room string) error {
	if err := p.o.Signal.Subscribe(ctx, signal.Direct(room, p.o.ID), p.o.Secret); err != nil {
		return err
	}
	return p.o.Signal.Subscribe(ctx, signal.Room(room), "")
}

// awaitRun waits until Run has opened the peer's room.
func (p *Peer) awaitRun(ctx context.Context) error {
	select {
	case <-p.subscribed:
	case <-p.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-p.ended:
		if p.why != nil {
			return p.why
		}
		return fmt.Errorf("peer: %w", net.ErrClosed)
	default:
		return nil
	}
}

// refused acts on a refusal of the exchange that came late.
func (p *Peer) refused(e *signal.Error) error {
	room, id := e.Namespace.Split()
	if e.Code == signal.CodeTaken && room == p.o.ID && id == p.o.ID {
		return fmt.Errorf("peer: %w", e)
	}
	if r := p.remote(e.Namespace); r != nil && e.Code == signal.CodeAbsent {
		r.absent()
		return nil
	}
	p.log.Debug("the exchange refused a message", "err", e)
	if id == p.o.ID && room != p.o.ID && p.in(room) { // what we subscribed to
		Emit(p, Problem{Code: ErrorJoin, Err: fmt.Errorf("peer: room %s: %w", room, e)})
	}
	return nil
}

// dispatch hands a message to the remote that it is from.
func (p *Peer) dispatch(ns signal.Namespace, m signal.Message) {
	room, _ := ns.Split()
	if m.ID == p.o.ID {
		return
	}
	from := signal.Direct(room, m.ID)
	if m.Type == "join" {
		p.heardJoin(from, m, ns.Direct())
		return
	}
	if !ns.Direct() {
		return
	}
	if m.Type == "leave" {
		p.cancelJoin(from)
	}
	if r := p.remote(from); r != nil {
		r.deliver(m)
		return
	}
	switch m.Type {
	case "offer":
		p.heardOffer(from, m)
	case "candidate":
		p.queueCandidate(from, m)
	}
}

// publish sends a message to one remote.
func (p *Peer) publish(ctx context.Context, to signal.Namespace, typ string, data, metadata []byte) error {
	m := signal.Message{Type: typ, ID: p.o.ID, Data: data, Metadata: metadata}
	if err := p.o.Signal.Publish(ctx, to, m); err != nil {
		return fmt.Errorf("peer: %s to %s: %w", typ, to, err)
	}
	return nil
}

func (p *Peer) remote(ns signal.Namespace) *Remote {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.remotes[ns]
}

// Remotes returns the remotes that are connected, or were and may be again.
func (p *Peer) Remotes() []*Remote {
	p.mu.Lock()
	all := p.everyRemote()
	p.mu.Unlock()
	connected := all[:0]
	for _, r := range all {
		if s := r.State(); s == StateConnected || s == StateDisconnected {
			connected = append(connected, r)
		}
	}
	return connected
}

// Status tells all viewers that subject ("video", "audio" or "input") stopped
// or works again, and tells it to newcomers as long as it does not.
func (p *Peer) Status(subject string, ok bool, message string) {
	s := Status{Subject: subject, OK: ok, Message: message}
	p.mu.Lock()
	if ok {
		delete(p.status, subject)
	} else {
		p.status[subject] = s
	}
	all := p.everyRemote()
	p.mu.Unlock()
	for _, r := range all {
		r.sendControl(s)
	}
}

// troubles are the statuses that are not OK.
func (p *Peer) troubles() []Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Status
	for _, s := range p.status {
		all = append(all, s)
	}
	return all
}

// everyRemote is every remote that there is, connected or not. The caller
// holds mu.
func (p *Peer) everyRemote() []*Remote {
	return slices.Collect(maps.Values(p.remotes))
}

// closeRemotes ends what Run began.
func (p *Peer) closeRemotes() {
	p.mu.Lock()
	all := p.everyRemote()
	p.mu.Unlock()
	for _, r := range all {
		r.shut(nil, true)
	}
	p.wg.Wait()
}

// add makes r known, in the place of the one before, which it returns.
// Its error is that the peer is full or not running.
func (p *Peer) add(r *Remote) (before *Remote, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil || p.ctx.Err() != nil {
		return nil, errors.New("peer: not running")
	}
	before = p.remotes[r.ns]
	if before == nil && len(p.remotes) >= p.o.MaxRemotes {
		return nil, &Reject{Code: CodeBusy, Message: "too many connections"}
	}
	p.remotes[r.ns] = r
	return before, nil
}

// remove forgets r, unless another has its place.
func (p *Peer) remove(r *Remote) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.remotes[r.ns] == r {
		delete(p.remotes, r.ns)
	}
}
