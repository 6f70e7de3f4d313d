package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// ConnectOptions is what a viewer tells a host.
type ConnectOptions struct {
	// Token is the host's secret.
	Token string
	// Metadata is what else to tell it. It becomes a JSON object, to which
	// the token is added.
	Metadata map[string]any
}

// Connect joins the host of that id and returns once it is connected. Run
// must be running, or soon be. When the host refuses, the error is a
// [*Reject]; when it is not there, it wraps [ErrAbsent]. ctx bounds the
// connecting alone; the Remote lives until either side closes it, or Run ends.
func (p *Peer) Connect(ctx context.Context, hostID string, o ConnectOptions) (*Remote, error) {
	if !signal.ValidID(hostID) || hostID == p.o.ID {
		return nil, fmt.Errorf("peer: %q is no host's id", hostID)
	}
	metadata := map[string]any{}
	maps.Copy(metadata, o.Metadata)
	if o.Token != "" {
		metadata["token"] = o.Token
	}
	m, err := json.Marshal(metadata)
	if err != nil {
		return nil, fmt.Errorf("peer: metadata: %w", err)
	}
	select {
	case <-p.subscribed:
	case <-p.ended:
		return nil, fmt.Errorf("peer: %w", net.ErrClosed)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r, err := p.joinHost(ctx, hostID, m)
	if err != nil {
		return nil, err
	}
	if err := p.awaitConnected(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// joinHost sends the join and starts the remote that awaits the offer.
func (p *Peer) joinHost(ctx context.Context, hostID string, metadata []byte) (*Remote, error) {
	if err := p.o.Signal.Subscribe(ctx, signal.Direct(hostID, p.o.ID), p.o.Secret); err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	r, err := newRemote(p, signal.Direct(hostID, hostID), false)
	if err != nil {
		return nil, err
	}
	before, err := p.add(r)
	if err != nil {
		r.discard()
		return nil, err
	}
	if before != nil {
		before.shut(errors.New("peer: connected again"), false)
	}
	p.mu.Lock()
	run := p.ctx
	p.mu.Unlock()
	r.start(run)
	if err := p.publish(ctx, r.ns, "join", []byte("false"), metadata); err != nil {
		r.shut(err, false)
		<-r.done
		if errors.Is(err, signal.ErrAbsent) {
			err = fmt.Errorf("peer: %s: %w", hostID, ErrAbsent)
		}
		return nil, err
	}
	return r, nil
}

func (p *Peer) awaitConnected(ctx context.Context, r *Remote) error {
	for {
		state, changed := r.stateNow()
		if state == StateConnected {
			return nil
		}
		select {
		case <-changed:
		case <-r.done:
			return fmt.Errorf("peer: %s: %w", r.id, r.Err())
		case <-ctx.Done():
			_ = r.Close()
			return ctx.Err()
		}
	}
}
