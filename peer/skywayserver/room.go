package skywayserver

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/causeway-rtc/causeway/peer/socketio"
)

// The types of rooms.
const (
	kindMesh = "mesh"
	kindSFU  = "sfu"
)

// roomID is a room among all keys'.
type roomID struct{ key, name string }

// room is a room with somebody in it. The Server's mutex guards it.
type room struct {
	id      roomID
	name    string
	kind    string
	members []*member // in the order in which they joined
	log     roomLog
}

// membership is a member's place in a room.
type membership struct {
	room    *room
	sfu     SFUMember // once the peer has asked for an offer
	joining bool      // the SFU is asked
	early   *event    // what it has offered meanwhile, or nil
}

func (r *room) ids() []string {
	ids := make([]string, len(r.members))
	for i, m := range r.members {
		ids[i] = m.id.id
	}
	return ids
}

// tell sends an event to all members but one.
func (r *room) tell(e *event, but *member, lossy bool) {
	for _, m := range r.members {
		if m != but {
			m.link.deliver(e, lossy)
		}
	}
}

// presence is that somebody has joined or left.
type presence struct {
	RoomName    string   `json:"roomName"`
	Src         string   `json:"src"`
	RoomMembers []string `json:"roomMembers,omitempty"`
}

func (s *Server) roomJoin(m *member, p *socketio.Packet) {
	var arg struct{ RoomName, RoomType string }
	_ = json.Unmarshal(p.Arg, &arg) // what is none names no room
	if arg.RoomType == "" {
		arg.RoomType = kindMesh
	}
	if why := s.join(m, arg.RoomName, arg.RoomType); why != "" {
		s.roomError(m, arg.RoomName, why)
	}
}

// join takes m into a room, or says why not.
func (s *Server) join(m *member, name, kind string) (why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := roomID{m.id.key, name}
	r := s.rooms[id]
	switch {
	case m.gone:
		return ""
	case name == "" || len(name) > MaxName || !utf8.ValidString(name):
		return "its name is missing or too long"
	case kind != kindMesh && kind != kindSFU:
		return "its type is neither mesh nor sfu"
	case r != nil && r.kind != kind:
		return "its type is " + r.kind + ", not " + kind
	case kind == kindSFU && (s.o.SFU == nil || s.o.Keys[m.id.key].NoSFU):
		return "the API key has no SFU"
	case m.rooms[name] != nil:
		m.send(newEvent("ROOM_USER_JOIN", presence{name, m.id.id, r.ids()}))
		return ""
	case len(m.rooms) >= s.o.RoomsPerPeer:
		return "you are in too many rooms"
	case r == nil && len(s.rooms) >= s.o.Rooms:
		return "the server has too many rooms"
	case r != nil && len(r.members) >= s.o.MembersPerRoom:
		return "it is full"
	}
	if r == nil {
		r = &room{id: id, name: name, kind: kind}
		s.rooms[id] = r
	}
	r.members = append(r.members, m)
	m.rooms[name] = &membership{room: r}
	said := presence{RoomName: name, Src: m.id.id}
	r.tell(newEvent("ROOM_USER_JOIN", said), m, false)
	s.record(r, "ROOM_USER_JOIN", m, said)
	said.RoomMembers = r.ids()
	m.send(newEvent("ROOM_USER_JOIN", said))
	return ""
}

// leave takes m out of a room, and returns its place at an SFU, which is to be
// closed without the mutex that is held now.
func (s *Server) leave(m *member, in *membership) SFUMember {
	r := in.room
	delete(m.rooms, r.name)
	r.members = slices.DeleteFunc(r.members, func(x *member) bool { return x == m })
	if len(r.members) == 0 {
		s.logBytes -= r.log.bytes
		delete(s.rooms, r.id)
	} else {
		said := presence{RoomName: r.name, Src: m.id.id}
		r.tell(newEvent("ROOM_USER_LEAVE", said), m, false)
		s.record(r, "ROOM_USER_LEAVE", m, said)
	}
	at := in.sfu
	in.sfu = nil
	return at
}

func closeAll(members []SFUMember) {
	for _, x := range members {
		_ = x.Close() // what it could say is for a peer that has gone
	}
}

func (s *Server) roomLeave(m *member, p *socketio.Packet) {
	var arg struct{ RoomName string }
	_ = json.Unmarshal(p.Arg, &arg) // what is none names no room
	s.mu.Lock()
	in, at := m.rooms[arg.RoomName], SFUMember(nil)
	if in != nil {
		at = s.leave(m, in)
	}
	s.mu.Unlock()
	if at != nil {
		closeAll([]SFUMember{at})
	}
}

// roomOf is the room that m is in by that name; else m is told. The mutex is
// held if there is one.
func (s *Server) roomOf(m *member, name string) *room {
	s.mu.Lock()
	if in := m.rooms[name]; in != nil {
		return in.room
	}
	s.mu.Unlock()
	s.roomError(m, name, "you are not in it")
	return nil
}

func (s *Server) roomGetUsers(m *member, p *socketio.Packet) {
	var arg struct{ RoomName, Type string }
	_ = json.Unmarshal(p.Arg, &arg) // what is none names no room
	if arg.Type != "data" {
		arg.Type = "media"
	}
	r := s.roomOf(m, arg.RoomName)
	if r == nil {
		return
	}
	defer s.mu.Unlock()
	m.send(newEvent("ROOM_USERS", struct {
		RoomName string   `json:"roomName"`
		Type     string   `json:"type"`
		UserList []string `json:"userList"`
	}{r.name, arg.Type, r.ids()}))
}

func (s *Server) roomGetLogs(m *member, p *socketio.Packet) {
	var arg struct{ RoomName string }
	_ = json.Unmarshal(p.Arg, &arg) // what is none names no room
	r := s.roomOf(m, arg.RoomName)
	if r == nil {
		return
	}
	defer s.mu.Unlock()
	m.send(newEvent("ROOM_LOGS", struct {
		RoomName string   `json:"roomName"`
		Log      []string `json:"log"`
	}{r.name, append([]string{}, r.log.entries...)}))
}

func (s *Server) roomSendData(m *member, p *socketio.Packet) {
	var arg struct {
		RoomName string
		Data     json.RawMessage
	}
	if json.Unmarshal(p.Arg, &arg) != nil || arg.Data == nil {
		return // nothing is said to nobody
	}
	said := roomData{arg.RoomName, m.id.id, arg.Data}
	b, err := json.Marshal(said)
	if err != nil {
		return // it is JSON, or would not have been read
	}
	e := rawEvent("ROOM_DATA", b, p.Binary)
	logged, err := withBuffers(said, p.Binary, s.o.RoomLogBytes)
	r := s.roomOf(m, arg.RoomName)
	if r == nil {
		return
	}
	defer s.mu.Unlock()
	r.tell(e, m, true)
	if err == nil {
		s.record(r, "ROOM_DATA", m, logged)
	}
}
