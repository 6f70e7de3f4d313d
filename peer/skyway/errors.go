package skyway

import (
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/peer/calls"
)

// ErrorType classes errors, as the original does.
type ErrorType string

// The types of a peer's errors. Those of the server have its own, which are
// most of these.
const (
	// RoomError says that a room cannot be joined, or what is asked of it not
	// be done.
	RoomError ErrorType = "room-error"
	// Authentication says that a credential is missing or wrong, or has ended.
	Authentication ErrorType = "authentication"
	// Permission says that the key is not for what it is used for.
	Permission ErrorType = "permission"
	// ListError says that the key lists no peers.
	ListError ErrorType = "list-error"
	// Disconnected says that the peer has been disconnected from its server.
	Disconnected ErrorType = "disconnected"
	// SocketError says that the server was lost, or cannot be reached.
	SocketError ErrorType = "socket-error"
	// InvalidID says that an id has characters that it may not, or is taken.
	InvalidID ErrorType = "invalid-id"
	// InvalidKey says that the server does not know the key.
	InvalidKey ErrorType = "invalid-key"
	// ServerError says that the server could not do something.
	ServerError ErrorType = "server-error"
	// WebRTC says that a session description was not taken.
	WebRTC ErrorType = "webrtc"
	// PeerUnavailable says that nobody has the id that was called. The
	// original does not tell.
	PeerUnavailable ErrorType = "peer-unavailable"
)

// The types of a connection's errors, which the original does not tell apart.
const (
	// NegotiationFailed says that no way to the other peer was found, or that
	// it was lost.
	NegotiationFailed ErrorType = "negotiation-failed"
	// NotOpenYet says that a value was sent before the connection was open.
	NotOpenYet ErrorType = "not-open-yet"
	// MessageTooBig says that a value is longer than its serialization takes.
	MessageTooBig ErrorType = "message-too-big"
)

// final is true for an error of the server's that no other try mends. It ends a
// peer that was never open.
func (t ErrorType) final() bool {
	switch t {
	case InvalidID, InvalidKey, Authentication, Permission:
		return true
	}
	return false
}

// Error is an error of a peer, a room or a connection.
type Error struct {
	Type ErrorType
	// Message is for a person.
	Message string
	// Err is what caused it, or nil.
	Err error
}

// Error is the type and the message.
func (e *Error) Error() string {
	text := fmt.Sprintf("skyway: %s: %s", e.Type, e.Message)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap is Err.
func (e *Error) Unwrap() error { return e.Err }

// IsType is true for an error of this type.
func IsType(err error, t ErrorType) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Type == t
}

// The reasons why a connection ended that are no errors.
var (
	// ErrHungUp says that the other peer closed the connection.
	ErrHungUp = calls.ErrHungUp
	// ErrRefused says that we have refused it.
	ErrRefused = calls.ErrRefused
)
