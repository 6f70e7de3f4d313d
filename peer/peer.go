package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/signal"
)

// ErrAbsent is wrapped by the error of Connect when the host is not there.
var ErrAbsent = errors.New("the host is not there")

// Peer is the local participant. Its methods may be called from any
// goroutine.
type Peer struct {
	o        Options
	log      *slog.Logger
	serving  *webrtc.API // connections to viewers
	watching *webrtc.API // connections to hosts
	packs    packetizers
	pngs     shapeCache

	subscribed chan struct{} // closed by Run
	ended      chan struct{} // closed when Run returns

	mu      sync.Mutex
	ctx     context.Context // of Run; nil before
	remotes map[signal.Namespace]*Remote
	joins   map[signal.Namespace]*pendingJoin
	status  map[string]Status
	wg      sync.WaitGroup // of joins and remotes
}

// New makes a peer. It does nothing until Run.
func New(o Options) (*Peer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	serving, err := newAPI(o, false)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	watching, err := newAPI(o, true)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	return &Peer{
		o: o, log: o.Log, serving: serving, watching: watching,
		subscribed: make(chan struct{}),
		ended:      make(chan struct{}),
		remotes:    map[signal.Namespace]*Remote{},
		joins:      map[signal.Namespace]*pendingJoin{},
		status:     map[string]Status{},
	}, nil
}

// ID is the peer's name.
func (p *Peer) ID() string { return p.o.ID }

// Ready is closed once Run has opened the peer's room, so that a join finds
// it.
func (p *Peer) Ready() <-chan struct{} { return p.subscribed }

// Run opens the peer's room and serves its remotes until ctx is done or the
// signalling has ended for good. It then closes all remotes and waits for
// their goroutines. It is called once. Its error is nil when ctx was done.
func (p *Peer) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer close(p.ended)
	defer p.closeRemotes()
	defer cancel()
	p.mu.Lock()
	p.ctx = ctx
	p.mu.Unlock()
	if err := p.subscribe(ctx); err != nil {
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

func (p *Peer) subscribe(ctx context.Context) error {
	if err := p.o.Signal.Subscribe(ctx, signal.Direct(p.o.Room, p.o.ID), p.o.Secret); err != nil {
		return err
	}
	return p.o.Signal.Subscribe(ctx, signal.Room(p.o.Room), "")
}

// refused acts on a refusal of the exchange that came late.
func (p *Peer) refused(e *signal.Error) error {
	room, id := e.Namespace.Split()
	if e.Code == signal.CodeTaken && room == p.o.Room && id == p.o.ID {
		return fmt.Errorf("peer: %w", e)
	}
	if r := p.remote(e.Namespace); r != nil && e.Code == signal.CodeAbsent {
		r.absent()
		return nil
	}
	p.log.Debug("the exchange refused a message", "err", e)
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
		p.join(from, m)
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
	all := make([]*Remote, 0, len(p.remotes))
	for _, r := range p.remotes {
		all = append(all, r)
	}
	p.mu.Unlock()
	connected := all[:0]
	for _, r := range all {
		if s := r.State(); s == StateConnected || s == StateDisconnected {
			connected = append(connected, r)
		}
	}
	return connected
}

// SetLevel changes what a viewer may do, and tells it. What it holds down but
// could no longer press is released.
func (p *Peer) SetLevel(r *Remote, level input.Level) error { return r.setLevel(level) }

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
	all := make([]*Remote, 0, len(p.remotes))
	for _, r := range p.remotes {
		all = append(all, r)
	}
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

// closeRemotes ends what Run began.
func (p *Peer) closeRemotes() {
	p.mu.Lock()
	all := make([]*Remote, 0, len(p.remotes))
	for _, r := range p.remotes {
		all = append(all, r)
	}
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
		return nil, &Reject{Code: CodeBusy, Message: "too many viewers"}
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
