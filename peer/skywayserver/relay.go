package skywayserver

import (
	"encoding/json"

	"github.com/causeway-rtc/causeway/peer/socketio"
)

// handlers are what is done with each event. PING is answered by nothing, and
// so are events that nobody knows.
func handlers() map[string]func(*Server, *member, *socketio.Packet) {
	relay := func(name string) func(*Server, *member, *socketio.Packet) {
		return func(s *Server, m *member, p *socketio.Packet) { s.relay(m, p, name) }
	}
	return map[string]func(*Server, *member, *socketio.Packet){
		"SEND_OFFER":        relay("OFFER"),
		"SEND_ANSWER":       relay("ANSWER"),
		"SEND_CANDIDATE":    relay("CANDIDATE"),
		"SEND_FORCE_CLOSE":  relay("FORCE_CLOSE"),
		"SEND_LEAVE":        relay("LEAVE"),
		"ROOM_JOIN":         (*Server).roomJoin,
		"ROOM_LEAVE":        (*Server).roomLeave,
		"ROOM_GET_USERS":    (*Server).roomGetUsers,
		"ROOM_GET_LOGS":     (*Server).roomGetLogs,
		"ROOM_SEND_DATA":    (*Server).roomSendData,
		"SFU_GET_OFFER":     (*Server).sfuGetOffer,
		"SFU_ANSWER":        (*Server).sfuAnswer,
		"SFU_CANDIDATE":     (*Server).sfuCandidate,
		"UPDATE_CREDENTIAL": (*Server).updateCredential,
	}
}

// act does what a packet from m asks for.
func (s *Server) act(m *member, p *socketio.Packet) {
	handle := s.handlers[p.Name]
	if handle == nil {
		return
	}
	size := len(p.Arg)
	for _, b := range p.Binary {
		size += len(b)
	}
	if p.Name != "ROOM_SEND_DATA" && size > s.o.MaxSignal {
		s.refuse(m, &Refusal{ServerError, p.Name + " is too long"})
		return
	}
	handle(s, m, p)
}

// relay passes a message on to the peer in dst, as an event of another name.
// One that names a room is for members of it alone.
func (s *Server) relay(m *member, p *socketio.Packet, name string) {
	var arg map[string]json.RawMessage
	if json.Unmarshal(p.Arg, &arg) != nil {
		return
	}
	var dst, room string
	_, inRoom := arg["roomName"]
	if json.Unmarshal(arg["dst"], &dst) != nil || inRoom && json.Unmarshal(arg["roomName"], &room) != nil {
		return
	}
	src, err := json.Marshal(m.id.id)
	if err != nil {
		return // a string always has a form
	}
	e := (*event)(nil)
	if name == "LEAVE" {
		e = rawEvent(name, src, nil)
	} else {
		arg["src"] = src
		b, err := json.Marshal(arg)
		if err != nil {
			return // it is JSON, or would not have been read
		}
		e = rawEvent(name, b, p.Binary)
	}
	if why := s.pass(m, peerID{m.id.key, dst}, room, e); why != nil {
		s.refuse(m, why)
	}
}

// pass delivers an event, or says why not.
func (s *Server) pass(from *member, dst peerID, room string, e *event) *Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.members[dst]
	switch {
	case from.gone:
		return nil
	case room != "" && from.rooms[room] == nil:
		return &Refusal{RoomError, "room " + quote(room) + ": you are not in it"}
	case room != "" && (to == nil || to.rooms[room] == nil):
		return nil // has just left, of which the sender is told
	case to == nil && e.packet.Name == "OFFER":
		return &Refusal{PeerUnavailable, "there is no peer " + quote(dst.id)}
	case to != nil:
		to.link.deliver(e, true)
	}
	return nil
}
