package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// ConnectOptions is what a peer tells another that it wants to be connected
// to.
type ConnectOptions struct {
	// Token is the other's secret.
	Token string
	// Metadata is what else to tell it. It becomes a JSON object, to which
	// the token is added.
	Metadata map[string]any
	// Watch wants every stream at once, as it is published: the first picture
	// comes a round trip sooner than by [Remote.CreateStream].
	Watch bool
}

// Connect asks the peer of that id for a connection and returns once there is
// one. Run must be running, or soon be. When the other refuses, the error is a
// [*Reject]; when it is not there, it wraps [ErrAbsent]. ctx bounds the
// connecting alone, and cancelling it gives up; the Remote lives until either
// side closes it, or Run ends.
func (p *Peer) Connect(ctx context.Context, id string, o ConnectOptions) (*Remote, error) {
	if !signal.ValidID(id) || id == p.o.ID {
		return nil, fmt.Errorf("peer: %q is not the id of another peer", id)
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
	if err := p.awaitRun(ctx); err != nil {
		return nil, err
	}
	r, err := p.call(ctx, id, terms{Watch: &o.Watch, ExternalID: p.o.ExternalID}, m)
	if err != nil {
		return nil, err
	}
	if err := p.awaitConnected(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// call sends the join and starts the remote that awaits the offer.
func (p *Peer) call(ctx context.Context, id string, t terms, metadata []byte) (*Remote, error) {
	if err := p.o.Signal.Subscribe(ctx, signal.Direct(id, p.o.ID), p.o.Secret); err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	watch := false // until its offer says otherwise
	r, err := newRemote(p, newcomer{ns: signal.Direct(id, id), Join: Join{ID: id, Room: id}, terms: terms{Watch: &watch}})
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
	r.start(p.running())
	data, _ := json.Marshal(t)
	if err := p.publish(ctx, r.ns, "join", data, metadata); err != nil {
		r.shut(err, false)
		<-r.done
		if errors.Is(err, signal.ErrAbsent) {
			err = fmt.Errorf("peer: %s: %w", id, ErrAbsent)
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
