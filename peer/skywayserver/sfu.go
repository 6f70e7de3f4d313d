package skywayserver

import (
	"encoding/json"

	"github.com/causeway-rtc/causeway/peer/socketio"
)

// SFU forwards the media of rooms. Its methods, and those of its members, are
// called without the server's lock, from any goroutine.
type SFU interface {
	// Join makes a member, to which the SFU then offers. The room's name is
	// that of SFURoom.
	Join(room, member string, o SFUOptions) (SFUMember, error)
}

// SFURoom is the name that a room of a key has at the [SFU].
func SFURoom(key, room string) string { return key + "/" + room }

// SFUOptions are what an [SFU] tells about a member.
type SFUOptions struct {
	// Offer sends an offer, complete with candidates. The streams in it are
	// those of the members, by their msid. It does not wait.
	Offer func(sdp string, streams map[string]string)
	// Closed says that the member is gone, and why when neither side closed
	// it.
	Closed func(error)
}

// SFUMember is a peer in a room at an [SFU].
type SFUMember interface {
	// RequestOffer has the SFU offer, soon.
	RequestOffer()
	// Answer is what the peer says to the offer.
	Answer(sdp string) error
	// AddCandidate adds a candidate, an RTCIceCandidateInit in JSON.
	AddCandidate(candidate string) error
	// Close takes the peer out of the room.
	Close() error
}

// sfuGetOffer has the SFU offer, at which the peer joins it first.
func (s *Server) sfuGetOffer(m *member, p *socketio.Packet) {
	var arg struct{ RoomName string }
	_ = json.Unmarshal(p.Arg, &arg) // what is none names no room
	s.mu.Lock()
	in := m.rooms[arg.RoomName]
	switch {
	case in == nil || in.room.kind != kindSFU:
		s.mu.Unlock()
		s.roomError(m, arg.RoomName, "you are in no SFU room of this name")
		return
	case in.joining:
		s.mu.Unlock()
		return
	case in.sfu != nil:
		at := in.sfu
		s.mu.Unlock()
		at.RequestOffer()
		return
	}
	in.joining = true
	s.mu.Unlock()
	at, err := s.o.SFU.Join(SFURoom(m.id.key, in.room.name), m.id.id, SFUOptions{
		Offer:  func(sdp string, streams map[string]string) { s.sfuOffer(m, in, sdp, streams) },
		Closed: func(err error) { s.sfuClosed(m, in, err) },
	})
	s.mu.Lock()
	early := in.early
	in.joining, in.early = false, nil
	gone := m.rooms[arg.RoomName] != in
	if err == nil && !gone {
		in.sfu = at
		if early != nil {
			m.send(early)
		}
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		s.o.Log.Warn("an SFU took no member", "peer", m.id.id, "err", err)
		s.roomError(m, arg.RoomName, "the SFU takes no more members")
	case gone:
		_ = at.Close() // there is nobody left to tell
	}
}

// sfuOffer passes on what the SFU offers.
func (s *Server) sfuOffer(m *member, in *membership, sdp string, streams map[string]string) {
	if streams == nil {
		streams = map[string]string{}
	}
	type description struct {
		Type string `json:"type"`
		SDP  string `json:"sdp"`
	}
	e := newEvent("SFU_OFFER", struct {
		RoomName string            `json:"roomName"`
		Offer    description       `json:"offer"`
		MSIDs    map[string]string `json:"msids"`
	}{in.room.name, description{"offer", sdp}, streams})
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.rooms[in.room.name] != in:
	case in.joining:
		in.early = e // there is nobody yet to answer to
	default:
		m.send(e)
	}
}

// sfuClosed lets the peer ask again, and tells it why it should.
func (s *Server) sfuClosed(m *member, in *membership, err error) {
	s.mu.Lock()
	current := m.rooms[in.room.name] == in
	in.sfu = nil
	s.mu.Unlock()
	if err != nil && current {
		s.o.Log.Debug("an SFU lost a member", "peer", m.id.id, "err", err)
		s.roomError(m, in.room.name, "the connection to the SFU has ended")
	}
}

// sfuMember is m's place at the SFU of a room, or nil.
func (s *Server) sfuMember(m *member, room string) SFUMember {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := m.rooms[room]; in != nil {
		return in.sfu
	}
	return nil
}

func (s *Server) sfuAnswer(m *member, p *socketio.Packet) {
	var arg struct {
		RoomName string
		Answer   struct{ SDP string }
	}
	_ = json.Unmarshal(p.Arg, &arg) // what is none names no room
	if at := s.sfuMember(m, arg.RoomName); at != nil {
		if err := at.Answer(arg.Answer.SDP); err != nil {
			s.o.Log.Debug("an SFU refused an answer", "peer", m.id.id, "err", err)
			s.roomError(m, arg.RoomName, "the SFU does not understand the answer")
		}
	}
}

func (s *Server) sfuCandidate(m *member, p *socketio.Packet) {
	var arg struct {
		RoomName  string
		Candidate json.RawMessage
	}
	_ = json.Unmarshal(p.Arg, &arg) // what is none names no room
	at := s.sfuMember(m, arg.RoomName)
	if at == nil || len(arg.Candidate) == 0 || string(arg.Candidate) == "null" {
		return
	}
	if err := at.AddCandidate(string(arg.Candidate)); err != nil {
		s.o.Log.Debug("an SFU refused a candidate", "peer", m.id.id, "err", err)
	}
}
