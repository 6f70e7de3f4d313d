package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Addon extends a peer: it listens by [On] and does what it does. Its type
// must be comparable, as a pointer is.
type Addon interface {
	// Attach begins. The addon is not attached when it fails.
	Attach(ctx context.Context, p *Peer) error
	// Detach undoes Attach.
	Detach(ctx context.Context, p *Peer) error
}

// Attach attaches an addon. One that is attached already is an error.
func (p *Peer) Attach(ctx context.Context, a Addon) error {
	if slices.Contains(p.Addons(), a) {
		return errors.New("peer: the addon is attached already")
	}
	if err := a.Attach(ctx, p); err != nil {
		return fmt.Errorf("peer: addon: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addons = append(p.addons, a)
	return nil
}

// Detach detaches an addon. One that is not attached is no error.
func (p *Peer) Detach(ctx context.Context, a Addon) error {
	if !slices.Contains(p.Addons(), a) {
		return nil
	}
	if err := a.Detach(ctx, p); err != nil {
		return fmt.Errorf("peer: addon: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addons = slices.DeleteFunc(p.addons, func(have Addon) bool { return have == a })
	return nil
}

// Addons are those that are attached, in order.
func (p *Peer) Addons() []Addon {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.addons)
}
