package signal

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The bounds of what is carried.
const (
	// MaxFrame is the longest frame in bytes, and so the longest message.
	MaxFrame = 256 << 10
	// MaxNamespaces bounds the namespaces of one subscribe frame.
	MaxNamespaces = 16
	// MaxSecret is the longest secret of a claim in bytes.
	MaxSecret = 256

	maxID, maxType, maxText = 64, 32, 512
)

// Message is what one peer tells another, or a room.
type Message struct {
	// Type is what the message is: "join", "offer"; 1 to 32 of [a-z-].
	Type string `json:"type"`
	// ID is the sender. The exchange refuses a message under another's id.
	ID string `json:"id"`
	// Data and Metadata depend on Type, and may be any JSON: the data of a
	// join is a boolean or an object. Nil means absent.
	Data     json.RawMessage `json:"data,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	// Addr is where the message came from, an IP address as a rule, for rate
	// limits. The exchange sets it, for peers in its own process alone; it is
	// never on the wire, and empty when unknown.
	Addr string `json:"-"`
}

// Validate says what is wrong with m's form.
func (m *Message) Validate() error {
	if !ValidID(m.ID) {
		return refuse(CodeSyntax, "the id %.80q is not of the form [A-Za-z0-9_-]{1,64}", m.ID)
	}
	if len(m.Type) == 0 || len(m.Type) > maxType || strings.Trim(m.Type, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return refuse(CodeSyntax, "the type %.80q is not a message type", m.Type)
	}
	if n := len(m.Data) + len(m.Metadata); n > MaxFrame {
		return refuse(CodeSyntax, "the message has %d bytes, more than %d", n, MaxFrame)
	}
	return nil
}

// ValidID is true for a name that a peer or a room may have:
// [A-Za-z0-9_-]{1,64}.
func ValidID(id string) bool {
	if len(id) == 0 || len(id) > maxID {
		return false
	}
	for _, c := range []byte(id) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// Namespace is where messages go: "ROOM" reaches all members of a room,
// "ROOM:PEER" one peer of it.
type Namespace string

// Room is the namespace of everybody in a room.
func Room(room string) Namespace { return Namespace(room) }

// Direct is the namespace of one peer in a room.
func Direct(room, peer string) Namespace { return Namespace(room + ":" + peer) }

// Split returns the room and, for a direct namespace, the peer.
func (n Namespace) Split() (room, peer string) {
	room, peer, _ = strings.Cut(string(n), ":")
	return room, peer
}

// Direct is true when n reaches one peer.
func (n Namespace) Direct() bool { return strings.Contains(string(n), ":") }

// Valid is true when n has the form of a namespace.
func (n Namespace) Valid() bool {
	room, peer := n.Split()
	return ValidID(room) && (!n.Direct() || ValidID(peer))
}

// Code says why the exchange refused a frame.
type Code string

// The codes of PROTOCOL.md.
const (
	CodeSyntax Code = "syntax" // the frame is malformed
	CodeTaken  Code = "taken"  // another connection has this peer id
	CodeDenied Code = "denied" // the sender has not claimed this id
	CodeLimit  Code = "limit"  // too much or too often
	CodeAbsent Code = "absent" // nobody has claimed the namespace
)

// Error is the exchange's refusal of one frame. The connection lives on.
type Error struct {
	Code Code
	// Text is for a person.
	Text string
	// Namespace is what the frame was about, or empty.
	Namespace Namespace
}

// Error is the refusal for a person.
func (e *Error) Error() string { return fmt.Sprintf("signal: %s: %s", e.Code, e.Text) }

// Is makes errors.Is match any Error of the same Code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Text == ""
}

// Errors to compare with by errors.Is.
var (
	ErrSyntax = &Error{Code: CodeSyntax}
	ErrTaken  = &Error{Code: CodeTaken}
	ErrDenied = &Error{Code: CodeDenied}
	ErrLimit  = &Error{Code: CodeLimit}
	ErrAbsent = &Error{Code: CodeAbsent}
)

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}
