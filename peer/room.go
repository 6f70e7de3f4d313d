package peer

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// membership is our being in a room.
type membership struct {
	metadata json.RawMessage
	terms    terms
}

// JoinOptions is what a peer says of itself to the others of a room.
type JoinOptions struct {
	// Metadata is anything the application wants the others' Verify to see; it
	// must marshal to a JSON object, or be nil. All who listen to the room can
	// read it.
	Metadata any
	// AnnounceOnly wants streams announced, and none unasked.
	AnnounceOnly bool
}

// ErrJoined is wrapped by the error of joining a room a second time.
var ErrJoined = errors.New("joined already")

// JoinRoom enters a room, and so connects to everybody in it whose Verify
// allows it, and whom ours does. Run must be running, or soon be. It returns
// once the room knows; connections follow as events of type StateChanged.
func (p *Peer) JoinRoom(ctx context.Context, room string, o JoinOptions) error {
	if !signal.ValidID(room) || room == p.o.ID {
		return fmt.Errorf("peer: %q is no room to join; a name is of the form [A-Za-z0-9_-]{1,64}, and not one's own id", room)
	}
	m, err := marshalMetadata(o.Metadata)
	if err != nil {
		return err
	}
	if err := p.awaitRun(ctx); err != nil {
		return err
	}
	watch := !o.AnnounceOnly
	member := &membership{metadata: m, terms: terms{Watch: &watch, ExternalID: p.o.ExternalID, Session: rand.Text()}}
	p.mu.Lock()
	if p.rooms[room] != nil {
		p.mu.Unlock()
		return fmt.Errorf("peer: room %s: %w", room, ErrJoined)
	}
	p.rooms[room] = member
	p.mu.Unlock()
	data, _ := json.Marshal(member.terms)
	err = p.enter(ctx, room)
	if err == nil {
		err = p.publish(ctx, signal.Room(room), "join", data, m)
	}
	if err != nil {
		p.mu.Lock()
		delete(p.rooms, room)
		p.mu.Unlock()
		// It may be that we entered, and it does not matter if not.
		_ = p.exit(ctx, room)
		return fmt.Errorf("peer: room %s: %w", room, err)
	}
	return nil
}

// exit is the opposite of enter.
func (p *Peer) exit(ctx context.Context, room string) error {
	return errors.Join(
		p.o.Signal.Unsubscribe(ctx, signal.Room(room)),
		p.o.Signal.Unsubscribe(ctx, signal.Direct(room, p.o.ID)),
	)
}

// marshalMetadata is metadata on the wire. It is nil for nil.
func marshalMetadata(metadata any) (json.RawMessage, error) {
	if metadata == nil {
		return nil, nil
	}
	b, err := json.Marshal(metadata)
	if err != nil {
		return nil, fmt.Errorf("peer: metadata: %w", err)
	}
	if len(b) == 0 || b[0] != '{' {
		return nil, fmt.Errorf("peer: metadata must be a JSON object, not %.20s", b)
	}
	return b, nil
}

// LeaveRoom leaves a room, and closes the connections to its members. It waits
// for those, so a listener of [On] must not call it. A room that was not joined
// is no error.
func (p *Peer) LeaveRoom(ctx context.Context, room string) error {
	p.mu.Lock()
	if p.rooms[room] == nil {
		p.mu.Unlock()
		return nil
	}
	delete(p.rooms, room)
	for ns, pending := range p.joins {
		if in, _ := ns.Split(); in == room {
			pending.cancel()
			delete(p.joins, ns)
		}
	}
	var gone []*Remote
	for ns, r := range p.remotes {
		if in, _ := ns.Split(); in == room {
			gone = append(gone, r)
		}
	}
	p.mu.Unlock()
	for _, r := range gone {
		r.shut(nil, true)
	}
	for _, r := range gone {
		select {
		case <-r.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return p.exit(ctx, room)
}

// Rooms are the names of the rooms that were joined.
func (p *Peer) Rooms() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for name := range p.rooms {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// present is what we say of ourselves to the peer at ns: in our own room, and
// to those whose room we joined by Connect, nothing.
func (p *Peer) present(room string) (terms, json.RawMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.rooms[room]; m != nil {
		return m.terms, m.metadata
	}
	watch := false
	return terms{Watch: &watch, ExternalID: p.o.ExternalID}, nil
}
