package skyway

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/streams"
)

// RoomMode is how the members of a room are connected.
type RoomMode string

// The modes of rooms.
const (
	// Mesh connects each member with each other.
	Mesh RoomMode = "mesh"
	// SFU connects each member with the server's, which forwards.
	SFU RoomMode = "sfu"
)

// RoomOptions says how a room is joined, and what is sent to its members. Their
// Metadata means nothing; an SFU heeds neither codecs nor bandwidths.
type RoomOptions struct {
	// Mode is Mesh or SFU. Empty means Mesh.
	Mode RoomMode
	// NoMedia keeps from asking an SFU for a connection: for who publishes
	// there without one.
	NoMedia bool
	CallOptions
}

// Room is a room that we are in. Its methods may be called from any goroutine.
type Room struct {
	p      *Peer
	name   string
	mode   RoomMode
	ctx    context.Context // done when we are to leave
	cancel context.CancelFunc
	done   chan struct{} // closed when all is freed
	sfu    *sfuEnd       // nil in a mesh, and without media

	pace     chan struct{} // held by who sends data
	lastSent time.Time

	mu      sync.Mutex
	o       CallOptions
	members []string        // others, in the order in which they joined
	joining chan error      // nil once we are in
	logs    []chan []string // of those who wait for the log
}

// JoinRoom joins a room, or returns the one that we are in by that name, once
// the server knows us. The error is [RoomError] when the room is of another
// mode, or the server does not let us in; [Disconnected] when we have left it.
func (p *Peer) JoinRoom(ctx context.Context, name string, o RoomOptions) (*Room, error) {
	if o.Mode == "" {
		o.Mode = Mesh
	}
	switch {
	case name == "" || len(name) > maxName:
		return nil, &Error{Type: RoomError, Message: "a room needs a name, and not a long one"}
	case o.Mode != Mesh && o.Mode != SFU:
		return nil, &Error{Type: RoomError, Message: fmt.Sprintf("there are no rooms of mode %q", o.Mode)}
	}
	if err := o.check(p.o.Codecs); err != nil {
		return nil, err
	}
	if err := p.WaitOpen(ctx); err != nil {
		return nil, err
	}
	r, joining, err := p.enter(name, o)
	if err != nil || joining == nil {
		return r, err
	}
	r.join()
	select {
	case err = <-joining:
	case <-r.done:
		err = fmt.Errorf("skyway: join: %w", net.ErrClosed)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		_ = r.Close() // which never fails
		return nil, err
	}
	return r, nil
}

// enter makes a room, and the channel by which it says that it is joined; or it
// finds one that is.
func (p *Peer) enter(name string, o RoomOptions) (*Room, <-chan error, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.rooms[name]; r != nil {
		if r.mode != o.Mode {
			return nil, nil, &Error{Type: RoomError, Message: fmt.Sprintf("we are in room %q, whose mode is %s", name, r.mode)}
		}
		return r, nil, nil
	}
	if p.state.destroyed {
		return nil, nil, &Error{Type: Disconnected, Message: "the peer is destroyed"}
	}
	r := &Room{
		p: p, name: name, mode: o.Mode, o: o.CallOptions,
		done: make(chan struct{}), pace: make(chan struct{}, 1), joining: make(chan error, 1),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	if r.mode == SFU && !o.NoMedia {
		r.sfu = newSFUEnd(r)
	}
	p.rooms[name] = r
	p.wg.Go(r.run)
	return r, r.joining, nil
}

// room is the one that we are in by that name, or nil.
func (p *Peer) room(name string) *Room {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rooms[name]
}

// Rooms are those that we are in or about to join, by their names.
func (p *Peer) Rooms() map[string]*Room {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.rooms)
}

// run serves the room until we leave.
func (r *Room) run() {
	if r.sfu != nil {
		r.sfu.run()
	}
	<-r.ctx.Done()
	r.p.mu.Lock()
	if r.p.rooms[r.name] == r {
		delete(r.p.rooms, r.name)
	}
	r.p.mu.Unlock()
	for _, list := range r.Connections() {
		for _, c := range list {
			c.life.Close()
		}
	}
	events.Emit(&r.p.hub, RoomClosed{Room: r})
	close(r.done)
}

// Name is the room's.
func (r *Room) Name() string { return r.name }

// Mode is Mesh or SFU.
func (r *Room) Mode() RoomMode { return r.mode }

// Members are the ids of the others, in the order in which they came as far as
// that is known.
func (r *Room) Members() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.members)
}

// Tracks are those of the others that have come and not ended, by the id of
// their member.
func (r *Room) Tracks() map[string][]*Track {
	if r.sfu != nil {
		return r.sfu.tracks()
	}
	all := map[string][]*Track{}
	for id, list := range r.Connections() {
		for _, c := range list {
			all[id] = append(all[id], c.media.Tracks()...)
		}
	}
	return all
}

// Done is closed when we have left the room and all is freed.
func (r *Room) Done() <-chan struct{} { return r.done }

// Close leaves the room and waits until its connections have ended. It must not
// be called from a listener of [On], which may call it in a goroutine. The
// second call only waits.
func (r *Room) Close() error {
	if r.ctx.Err() == nil {
		r.cancel()
		if err := r.tell("ROOM_LEAVE", nil); err != nil {
			r.p.log.Debug("the server was not told that we leave", "room", r.name, "err", err)
		}
	}
	<-r.done
	return nil
}

// ReplaceStream sends these tracks to all members, and no others; see
// [MediaConnection.ReplaceStream].
func (r *Room) ReplaceStream(tracks []*streams.Track) error {
	r.mu.Lock()
	r.o.Tracks = tracks
	o := r.o
	r.mu.Unlock()
	if r.sfu != nil {
		return r.sfu.replace(o)
	}
	for _, list := range r.Connections() {
		for _, c := range list {
			if err := c.media.ReplaceStream(tracks); err != nil && c.life.Err() == nil {
				return err
			}
		}
	}
	return nil
}

// tell says something about the room to the server.
func (r *Room) tell(name string, more map[string]any, pieces ...[]byte) error {
	m := map[string]any{"roomName": r.name}
	maps.Copy(m, more)
	return r.p.send(name, m, pieces...)
}

// join asks the server to let us in, for the first time or again.
func (r *Room) join() {
	if err := r.tell("ROOM_JOIN", map[string]any{"roomType": r.mode}); err != nil {
		r.p.log.Debug("the server was not asked", "room", r.name, "err", err)
	}
}

// handle acts on what the server says about the room.
func (r *Room) handle(m *roomMessage) {
	self := r.p.ID()
	switch m.name {
	case "ROOM_USER_JOIN":
		if m.Src == self {
			r.joined(m.RoomMembers)
		} else if r.setMember(m.Src, true) {
			events.Emit(&r.p.hub, PeerJoined{Room: r, ID: m.Src})
		}
	case "ROOM_USER_LEAVE":
		r.setMember(m.Src, false)
		r.forget(m.Src)
		events.Emit(&r.p.hub, PeerLeft{Room: r, ID: m.Src})
	case "ROOM_USERS":
		if r.mode == Mesh && m.Type == Media {
			r.setMembers(m.UserList)
			r.dialAll()
		}
	case "ROOM_DATA":
		events.Emit(&r.p.hub, RoomData{Room: r, ID: m.Src, Data: m.value})
	case "ROOM_LOGS":
		r.mu.Lock()
		logs := r.logs
		r.logs = nil
		r.mu.Unlock()
		for _, c := range logs {
			c <- m.Log
		}
		events.Emit(&r.p.hub, RoomLogged{Room: r, Entries: m.Log})
	case "SFU_OFFER":
		if r.sfu != nil {
			r.sfu.deliver(m)
		}
	}
}

// joined is told that we are in the room.
func (r *Room) joined(members []string) {
	r.setMembers(members)
	r.mu.Lock()
	joining := r.joining
	r.joining = nil
	r.mu.Unlock()
	if joining != nil {
		joining <- nil
	}
	r.p.log.Info("joined a room", "room", r.name, "mode", r.mode)
	events.Emit(&r.p.hub, RoomOpened{Room: r})
	var err error
	switch {
	case r.mode == Mesh:
		err = r.tell("ROOM_GET_USERS", map[string]any{"type": Media})
	case r.sfu != nil:
		err = r.sfu.request()
	}
	if err != nil {
		r.p.log.Debug("the server was not asked", "room", r.name, "err", err)
	}
}

// failed is told of an error that the server has with the room.
func (r *Room) failed(e *Error) {
	r.mu.Lock()
	joining := r.joining
	r.joining = nil
	r.mu.Unlock()
	if joining != nil {
		joining <- e
		return
	}
	events.Emit(&r.p.hub, RoomFailed{Room: r, Err: e})
	if r.sfu != nil {
		r.sfu.lost()
	}
}

// about is the room that a message names, or else the only one that waits to be
// joined, or nil.
func about(rooms map[string]*Room, message string) *Room {
	var waiting []*Room
	for name, r := range rooms {
		if names(message, name) {
			return r
		}
		r.mu.Lock()
		if r.joining != nil {
			waiting = append(waiting, r)
		}
		r.mu.Unlock()
	}
	if len(waiting) == 1 {
		return waiting[0]
	}
	return nil
}

// setMembers notes who is in the room, if the server says so.
func (r *Room) setMembers(ids []string) {
	if ids == nil {
		return
	}
	self := r.p.ID()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == self })
}

// setMember notes that somebody is in the room or not, and is true when that
// is news.
func (r *Room) setMember(id string, in bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.members, id)
	switch {
	case in && i < 0 && len(r.members) < maxMembers:
		r.members = append(r.members, id)
	case !in && i >= 0:
		r.members = slices.Delete(r.members, i, i+1)
	default:
		return false
	}
	return true
}

func (r *Room) options() CallOptions {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.o
}
