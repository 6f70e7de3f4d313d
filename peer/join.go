package peer

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/signal"
)

// pendingJoin is a join that waits for Verify.
type pendingJoin struct{ cancel context.CancelFunc }

// join verifies a viewer and connects it, in a goroutine. A second join of
// the same viewer takes the place of the first.
func (p *Peer) join(from signal.Namespace, m signal.Message) {
	room, _ := from.Split()
	j := Join{ID: m.ID, Room: room, Addr: m.Addr, Metadata: m.Metadata}
	var metadata struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(m.Metadata, &metadata) == nil {
		j.Token = metadata.Token
	}
	p.cancelJoin(from)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.joins) >= p.o.MaxRemotes {
		p.log.Warn("a join was dropped: too many are being decided", "peer", m.ID)
		return
	}
	ctx, cancel := context.WithCancel(p.ctx)
	pending := &pendingJoin{cancel: cancel}
	p.joins[from] = pending
	p.wg.Go(func() {
		defer cancel()
		p.decide(ctx, from, j, pending)
	})
}

func (p *Peer) cancelJoin(from signal.Namespace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pending := p.joins[from]; pending != nil {
		pending.cancel()
		delete(p.joins, from)
	}
}

func (p *Peer) decide(ctx context.Context, from signal.Namespace, j Join, pending *pendingJoin) {
	err := p.o.Verify(ctx, j)
	p.mu.Lock()
	current := p.joins[from] == pending
	if current {
		delete(p.joins, from)
	}
	running := p.ctx
	p.mu.Unlock()
	if !current {
		return
	}
	if err == nil {
		err = p.admit(running, from, j)
	}
	if err != nil && running.Err() == nil {
		p.reject(ctx, from, err)
	}
}

// admit makes the remote, which begins with an offer.
func (p *Peer) admit(ctx context.Context, from signal.Namespace, j Join) error {
	r, err := newRemote(p, from, true)
	if err != nil {
		return err
	}
	r.addr, r.metadata = j.Addr, j.Metadata
	before, err := p.add(r)
	if err != nil {
		r.discard()
		return err
	}
	if before != nil {
		before.shut(errors.New("the viewer joined again"), false)
	}
	r.start(ctx)
	return nil
}

// reject tells a viewer why it may not watch.
func (p *Peer) reject(ctx context.Context, to signal.Namespace, err error) {
	refusal, ok := errors.AsType[*Reject](err)
	if !ok {
		refusal = &Reject{Code: CodeInternal, Message: "the host could not make a connection"}
		p.log.Error("a join failed", "peer", to, "err", err)
	} else {
		p.log.Info("a viewer was refused", "peer", to, "code", refusal.Code)
	}
	data, _ := json.Marshal(rejectData{Code: refusal.Code, Message: refusal.Message, RetryAfter: refusal.RetryAfter.Seconds()})
	if err := p.publish(ctx, to, "reject", data, nil); err != nil {
		p.log.Debug("a refusal was not delivered", "peer", to, "err", err)
	}
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
