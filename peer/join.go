package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/signal"
)

// pendingJoin is another peer that waits for Verify.
type pendingJoin struct {
	cancel context.CancelFunc
	// queued is what it sent meanwhile; guarded by the Peer's mu.
	queued []signal.Message
}

// terms are what a peer says of itself in a join or an offer, beside what
// Peerix does. Peers of another kind say nothing.
type terms struct {
	// Watch is whether it wants every stream unasked. Absent means yes.
	Watch *bool `json:"watch,omitempty"`
	// ExternalID is the application's name for it.
	ExternalID string `json:"externalId,omitempty"`
	// Session tells one run of a program from the next under the same id.
	Session string `json:"session,omitempty"`
}

// parseTerms reads the data of a join or an offer. What is no object, or
// malformed, says nothing.
func parseTerms(data json.RawMessage) terms {
	var t terms
	if json.Unmarshal(data, &t) != nil || len(t.ExternalID) > maxExternalID || len(t.Session) > maxExternalID {
		return terms{}
	}
	return t
}

func (t terms) watches() bool { return t.Watch == nil || *t.Watch }

// causeway is true of a peer that will say hello on the control channel.
func (t terms) causeway() bool { return t.Watch != nil }

// newcomer is what is known of another peer before it is connected.
type newcomer struct {
	Join
	terms
	ns signal.Namespace
	// opening is true when we make the first offer, and false when the peer
	// has made it.
	opening bool
}

func (p *Peer) newcomer(from signal.Namespace, m signal.Message, opening bool) newcomer {
	room, _ := from.Split()
	n := newcomer{ns: from, opening: opening, terms: parseTerms(m.Data)}
	n.Join = Join{ID: m.ID, Room: room, Addr: m.Addr, Metadata: m.Metadata, ExternalID: n.terms.ExternalID, Member: !opening}
	var metadata struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(m.Metadata, &metadata) == nil {
		n.Token = metadata.Token
	}
	return n
}

// in is true when room is our own, or joined.
func (p *Peer) in(room string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return room == p.o.ID || p.rooms[room] != nil
}

// heardJoin considers a peer that joined one of our rooms. One that joins
// again takes the place of its connection before. To a whole room, a join is
// also how Peerix says that there is something new to watch: then, the
// connection that there is serves.
func (p *Peer) heardJoin(from signal.Namespace, m signal.Message, direct bool) {
	room, _ := from.Split()
	if !p.in(room) {
		return
	}
	n := p.newcomer(from, m, true)
	if r := p.remote(from); r != nil && !direct && r.session == n.Session && r.State() <= StateConnected {
		return
	}
	p.cancelJoin(from)
	p.consider(n, nil)
}

// heardOffer considers the offer of a peer that was in a room before us, or
// joined it at the same time.
func (p *Peer) heardOffer(from signal.Namespace, m signal.Message) {
	p.mu.Lock()
	if pending := p.joins[from]; pending != nil {
		pending.queue(m)
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	room, _ := from.Split()
	switch {
	case room == p.o.ID:
		refusal := &Reject{Code: CodeOrder, Message: "join before you offer"}
		Emit(p, Problem{Code: ErrorOffer, Err: fmt.Errorf("peer: %s: %w", from, refusal)})
		p.reject(p.running(), from, refusal)
	case p.in(room):
		p.consider(p.newcomer(from, m, false), []signal.Message{m})
	}
}

// queueCandidate keeps a candidate for a peer that waits for Verify.
func (p *Peer) queueCandidate(from signal.Namespace, m signal.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pending := p.joins[from]; pending != nil {
		pending.queue(m)
	}
}

func (j *pendingJoin) queue(m signal.Message) {
	if len(j.queued) < MaxCandidates {
		j.queued = append(j.queued, m)
	}
}

// running is the context of Run.
func (p *Peer) running() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ctx
}

// consider has a newcomer verified and connects it, in a goroutine. said is
// what it said so far.
func (p *Peer) consider(n newcomer, said []signal.Message) {
	if err := p.verifySoon(n, said); err != nil {
		Emit(p, Problem{Code: ErrorJoin, Err: fmt.Errorf("peer: %s: %w", n.ns, err)})
		p.reject(p.running(), n.ns, err)
	}
}

func (p *Peer) verifySoon(n newcomer, said []signal.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.joins) >= p.o.MaxRemotes {
		return &Reject{Code: CodeBusy, Message: "too many joins are being decided"}
	}
	ctx, cancel := context.WithCancel(p.ctx)
	pending := &pendingJoin{cancel: cancel, queued: said}
	p.joins[n.ns] = pending
	p.wg.Go(func() {
		defer cancel()
		p.decide(ctx, n, pending)
	})
	return nil
}

func (p *Peer) cancelJoin(from signal.Namespace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pending := p.joins[from]; pending != nil {
		pending.cancel()
		delete(p.joins, from)
	}
}

func (p *Peer) decide(ctx context.Context, n newcomer, pending *pendingJoin) {
	err := p.o.Verify(ctx, n.Join)
	p.mu.Lock()
	if p.joins[n.ns] != pending {
		p.mu.Unlock()
		return
	}
	running := p.ctx
	if err == nil {
		p.mu.Unlock()
		if err = p.admit(running, n, pending); err != nil && running.Err() == nil {
			Emit(p, Problem{Code: ErrorJoin, Err: fmt.Errorf("peer: %s: %w", n.ns, err)})
		}
	} else {
		delete(p.joins, n.ns)
		p.mu.Unlock()
		Emit(p, Problem{Code: ErrorVerify, Err: err})
	}
	if err != nil && running.Err() == nil {
		p.reject(ctx, n.ns, err)
	}
}

// admit makes the remote, and hands it what the newcomer said so far.
func (p *Peer) admit(ctx context.Context, n newcomer, pending *pendingJoin) error {
	if before := p.remote(n.ns); before != nil {
		before.shut(errors.New("the peer joined again"), false)
		before.leaveStreams() // its place is another's now
	}
	r, err := newRemote(p, n)
	if err == nil {
		if _, err = p.add(r); err != nil {
			r.discard()
		}
	}
	p.mu.Lock()
	current := p.joins[n.ns] == pending
	if current {
		delete(p.joins, n.ns)
	}
	queued := pending.queued
	p.mu.Unlock()
	if err != nil {
		return err
	}
	r.start(ctx)
	for _, m := range queued {
		r.deliver(m)
	}
	if !current {
		r.shut(errors.New("the peer gave up"), false)
	}
	return nil
}

// reject tells a peer why it is not connected.
func (p *Peer) reject(ctx context.Context, to signal.Namespace, err error) {
	refusal := asReject(err)
	p.log.Info("a peer was refused", "peer", to, "code", refusal.Code, "err", err)
	data, _ := json.Marshal(rejectData{Code: refusal.Code, Message: refusal.Message, RetryAfter: refusal.RetryAfter.Seconds()})
	if err := p.publish(ctx, to, "reject", data, nil); err != nil {
		p.log.Debug("a refusal was not delivered", "peer", to, "err", err)
	}
}

// asReject is err as it is told to the other side. What is no Reject is
// nobody's business.
func asReject(err error) *Reject {
	if refusal, ok := errors.AsType[*Reject](err); ok {
		return refusal
	}
	return &Reject{Code: CodeInternal, Message: "something went wrong at the other side"}
}

// VerifyToken makes an [Options.Verify] of a guard.
func VerifyToken(g *auth.Guard) func(context.Context, Join) error {
	return func(_ context.Context, j Join) error {
		err := g.Check(j.Addr, j.Token)
		if throttled, ok := errors.AsType[*auth.ThrottledError](err); ok {
			return &Reject{Code: CodeThrottled, Message: throttled.Error(), RetryAfter: throttled.RetryAfter}
		}
		if err != nil {
			return &Reject{Code: CodeToken, Message: err.Error()}
		}
		return nil
	}
}
