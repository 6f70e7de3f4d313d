package skyway

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

// ConnectionType tells data from media.
type ConnectionType string

// The types of connections.
const (
	Data  ConnectionType = "data"
	Media ConnectionType = "media"
)

// The bounds of what another peer may send by way of the server, in bytes but
// for the last, which counts.
const (
	maxSDP       = 128 << 10
	maxRoomSDP   = 4 << 20 // of an SFU, which offers what all members send
	maxMetadata  = 64 << 10
	maxName      = skywayserver.MaxName // ids, labels, serializations, names of rooms
	maxCandidate = 1024
	maxMembers   = 10_000
)

// What descriptions and candidates are on the wire.
type (
	description = calls.Description
	candidate   = calls.Candidate
)

// signal is the argument of an offer, an answer or a candidate. What comes has
// Src, what is sent has Dst.
type signal struct {
	Src            string         `json:"src,omitempty"`
	Dst            string         `json:"dst,omitempty"`
	RoomName       string         `json:"roomName,omitempty"`
	ConnectionID   string         `json:"connectionId,omitempty"`
	ConnectionType ConnectionType `json:"connectionType,omitempty"`
	Offer          *description   `json:"offer,omitempty"`
	Answer         *description   `json:"answer,omitempty"`
	Candidate      *candidate     `json:"candidate,omitempty"`
	// Metadata, Label, Serialization and DCInit are those of an offer.
	Metadata      json.RawMessage `json:"metadata,omitempty"`
	Label         string          `json:"label,omitempty"`
	Serialization string          `json:"serialization,omitempty"`
	DCInit        *DCInit         `json:"dcInit,omitempty"`
}

// key names the connection that the message is about.
func (m *signal) key() calls.Key { return calls.Key{Remote: m.Src, ID: m.ConnectionID} }

// DCInit says how a data channel carries messages. Without one they arrive,
// and in order.
type DCInit struct {
	// Ordered false lets messages overtake each other. Nil means true.
	Ordered *bool `json:"ordered,omitempty"`
	// MaxPacketLifeTime, in milliseconds, or MaxRetransmits, is after what a
	// message is given up. With either, the serialization is Binary.
	MaxPacketLifeTime *uint16 `json:"maxPacketLifeTime,omitempty"`
	MaxRetransmits    *uint16 `json:"maxRetransmits,omitempty"`
	// Protocol is the application's name for what it sends.
	Protocol string `json:"protocol,omitempty"`
}

// unreliable is true when messages may be lost.
func (d *DCInit) unreliable() bool {
	return d != nil && (d.MaxPacketLifeTime != nil || d.MaxRetransmits != nil)
}

// What else the server says.
type (
	// opening is OPEN.
	opening struct {
		PeerID         string
		TURNCredential turnCredential
	}
	// turnCredential is text, or this object.
	turnCredential struct{ Username, Credential string }
	// failure is ERROR.
	failure struct{ Type, Message string }
	// hangup is FORCE_CLOSE.
	hangup struct{ Src, ConnectionID string }
	// leaving is LEAVE: the id of a peer.
	leaving string
	// expiry is AUTH_EXPIRES_IN: seconds.
	expiry float64
	// roomMessage is any of ROOM_USER_JOIN, ROOM_USER_LEAVE, ROOM_USERS,
	// ROOM_LOGS, ROOM_DATA and SFU_OFFER.
	roomMessage struct {
		RoomName    string
		Src         string
		RoomMembers []string
		Type        ConnectionType
		UserList    []string
		Log         []string
		Data        json.RawMessage
		Offer       *description
		MSIDs       map[string]string

		name  string
		value any // Data, with its bytes
	}
)

// UnmarshalJSON takes both forms.
func (t *turnCredential) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &t.Credential) == nil {
		return nil
	}
	type object turnCredential
	return json.Unmarshal(b, (*object)(t))
}

var errMessage = errors.New("skyway: malformed message")

// parse reads what the server says, within its bounds. It is nil for what
// nobody knows.
func parse(e skywayserver.Event) (any, error) {
	switch e.Name {
	case "OPEN":
		return read[opening](e, func(m *opening) bool {
			return m.PeerID != "" && short(m.PeerID, m.TURNCredential.Username, m.TURNCredential.Credential)
		})
	case "ERROR":
		return read[failure](e, func(m *failure) bool { return short(m.Type) })
	case "OFFER", "ANSWER", "CANDIDATE":
		return read[signal](e, func(m *signal) bool { return m.valid(e.Name) })
	case "FORCE_CLOSE":
		return read[hangup](e, func(m *hangup) bool { return short(m.Src, m.ConnectionID) })
	case "LEAVE":
		return read[leaving](e, func(m *leaving) bool { return short(string(*m)) })
	case "AUTH_EXPIRES_IN":
		return read[expiry](e, func(s *expiry) bool { return *s >= 0 && *s < 1e6 })
	case "ROOM_USER_JOIN", "ROOM_USER_LEAVE", "ROOM_USERS", "ROOM_LOGS", "ROOM_DATA", "SFU_OFFER":
		return parseRoom(e)
	}
	return nil, nil
}

// read reads the argument of an event.
func read[T any](e skywayserver.Event, valid func(*T) bool) (any, error) {
	v := new(T)
	if err := json.Unmarshal(e.Arg, v); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errMessage, e.Name, err)
	}
	if !valid(v) {
		return nil, fmt.Errorf("%w: %s: something is missing, or too long", errMessage, e.Name)
	}
	return v, nil
}

// short is true when none of the names is too long.
func short(names ...string) bool {
	for _, n := range names {
		if len(n) > maxName {
			return false
		}
	}
	return true
}

// valid is true when all that a message must have is there.
func (m *signal) valid(name string) bool {
	if !short(m.Src, m.ConnectionID, m.RoomName, m.Label, m.Serialization) || m.Src == "" || m.ConnectionID == "" || len(m.Metadata) > maxMetadata {
		return false
	}
	switch name {
	case "OFFER":
		return m.Offer != nil && m.Offer.Type == "offer" && len(m.Offer.SDP) <= maxSDP
	case "ANSWER":
		return m.Answer != nil && m.Answer.Type == "answer" && len(m.Answer.SDP) <= maxSDP
	}
	return m.Candidate != nil && len(m.Candidate.Candidate) <= maxCandidate
}

// parseRoom reads what concerns a room.
func parseRoom(e skywayserver.Event) (any, error) {
	v, err := read[roomMessage](e, func(m *roomMessage) bool {
		return m.RoomName != "" && short(m.RoomName, m.Src) && short(m.RoomMembers...) && short(m.UserList...) &&
			len(m.RoomMembers) <= maxMembers && len(m.UserList) <= maxMembers && len(m.MSIDs) <= maxMembers &&
			(e.Name != "SFU_OFFER" || m.Offer != nil && len(m.Offer.SDP) <= maxRoomSDP) &&
			(e.Name != "ROOM_DATA" || len(m.Data) > 0)
	})
	if err != nil {
		return nil, err
	}
	m := v.(*roomMessage)
	m.name = e.Name
	if m.Data == nil {
		return m, nil
	}
	if m.value, err = unpackRoom(m.Data, e.Binary); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errMessage, e.Name, err)
	}
	return m, nil
}
