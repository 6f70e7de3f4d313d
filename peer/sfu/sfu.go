package sfu

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/streams"
)

// SFU forwards media between the members of rooms. Its methods may be called
// from any goroutine.
type SFU struct {
	o      Options
	api    *webrtc.API
	config webrtc.Configuration
	packs  media.Packetizers
	wg     sync.WaitGroup // of the members' goroutines

	mu     sync.Mutex
	rooms  map[string]*room
	closed bool
}

// room is its members and what they send. The SFU's mu guards it.
type room struct {
	name         string
	members      map[string]*Member
	publications []*publication // in the order in which they came
}

// New makes an SFU. Nothing runs until somebody joins.
func New(o Options) (*SFU, error) {
	o = o.withDefaults()
	api, config, err := peer.NewAPI(peer.APIOptions{
		Port: o.Port, ICEServers: o.ICEServers, Codecs: o.Codecs, Forward: true, Log: o.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("sfu: %w", err)
	}
	return &SFU{o: o, api: api, config: config, rooms: map[string]*room{}}, nil
}

// enter is the room of that name, which is made if there is none. The caller
// holds mu.
func (s *SFU) enter(name string) (*room, error) {
	if s.closed {
		return nil, fmt.Errorf("sfu: %w", net.ErrClosed)
	}
	r := s.rooms[name]
	if r == nil {
		if len(s.rooms) >= s.o.MaxRooms {
			return nil, errors.New("sfu: too many rooms")
		}
		r = &room{name: name, members: map[string]*Member{}}
		s.rooms[name] = r
	}
	return r, nil
}

// leave forgets a room in which nobody is. The caller holds mu.
func (s *SFU) leave(r *room) {
	if len(r.members) == 0 && len(r.publications) == 0 {
		delete(s.rooms, r.name)
	}
}

// Join makes a member of a room, whose first offer follows. A member's id is
// its own in its room.
func (s *SFU) Join(roomName, id string, o MemberOptions) (*Member, error) {
	if o.Offer == nil {
		return nil, errors.New("sfu: a member needs to be told of offers")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.enter(roomName)
	if err != nil {
		return nil, err
	}
	defer s.leave(r)
	switch {
	case r.members[id] != nil:
		return nil, fmt.Errorf("sfu: %s is in %s already", id, roomName)
	case len(r.members) >= s.o.MaxMembers:
		return nil, fmt.Errorf("sfu: %s has too many members", roomName)
	}
	m, err := newMember(s, r, id, o)
	if err != nil {
		return nil, fmt.Errorf("sfu: %s: %w", id, err)
	}
	r.members[id] = m
	m.start()
	s.o.Log.Info("a member joined", "room", roomName, "peer", id)
	return m, nil
}

// Publish sends the picture and the sound of stream to everybody in a room, as
// a member without a connection. Each receiver has a sink of its own, so it
// gets the rung that its way carries, while what is encoded is shared. It
// lasts until stop is called, which may be done twice; the stream stays the
// caller's.
func (s *SFU) Publish(roomName, member string, stream *streams.Stream) (stop func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.enter(roomName)
	if err != nil {
		return nil, err
	}
	var all []*publication
	id := newStreamID()
	for _, t := range stream.Tracks() {
		if len(t.Codecs()) > 0 {
			all = append(all, &publication{owner: member, streamID: id, kind: media.KindOf(t.Codecs()[0]), track: t})
		}
	}
	if all == nil {
		s.leave(r)
		return nil, errors.New("sfu: the stream has nothing to send")
	}
	s.publish(r, all...)
	var once sync.Once
	return func() {
		once.Do(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.unpublish(r, all...)
		})
	}, nil
}

// publish offers publications to everybody in r. The caller holds mu.
func (s *SFU) publish(r *room, all ...*publication) {
	r.publications = append(r.publications, all...)
	r.changed(all)
}

// unpublish takes publications back. The caller holds mu.
func (s *SFU) unpublish(r *room, all ...*publication) {
	r.publications = slices.DeleteFunc(r.publications, func(p *publication) bool { return slices.Contains(all, p) })
	r.changed(all)
	s.leave(r)
}

// changed has those be offered what there is now for whom it has changed.
func (r *room) changed(publications []*publication) {
	for _, m := range r.members {
		if slices.ContainsFunc(publications, func(p *publication) bool { return p.owner != m.id }) {
			m.RequestOffer()
		}
	}
}

// wanted is what m should receive.
func (s *SFU) wanted(m *Member) []*publication {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*publication
	for _, p := range m.room.publications {
		if p.owner != m.id {
			all = append(all, p)
		}
	}
	return all
}

// Close closes all members and waits for them. The second call does nothing.
func (s *SFU) Close() error {
	s.mu.Lock()
	s.closed = true
	var members []*Member
	for _, r := range s.rooms {
		members = slices.AppendSeq(members, maps.Values(r.members))
	}
	s.mu.Unlock()
	var errs []error
	for _, m := range members {
		errs = append(errs, m.Close())
	}
	s.wg.Wait()
	return errors.Join(errs...)
}
