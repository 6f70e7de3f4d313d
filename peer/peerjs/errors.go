package peerjs

import (
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/peer/calls"
)

// ErrorType classes errors, as the original does.
type ErrorType string

// The types of a peer's errors.
const (
	// Incompatible is that of a browser without WebRTC; it does not occur here.
	Incompatible ErrorType = "browser-incompatible"
	// Disconnected says that the peer has been disconnected from its server.
	Disconnected ErrorType = "disconnected"
	// InvalidID says that an id has characters that it may not.
	InvalidID ErrorType = "invalid-id"
	// InvalidKey says that the server does not know the key.
	InvalidKey ErrorType = "invalid-key"
	// Network says that the server was lost, or cannot be reached.
	Network ErrorType = "network"
	// PeerUnavailable says that nobody has the id that was called.
	PeerUnavailable ErrorType = "peer-unavailable"
	// SSLUnavailable says that the server does not speak TLS.
	SSLUnavailable ErrorType = "ssl-unavailable"
	// ServerError says that the server refused, or gave no id.
	ServerError ErrorType = "server-error"
	// SocketError says that the server sent what is no message.
	SocketError ErrorType = "socket-error"
	// SocketClosed is declared by the original; a socket that closes is
	// reported as Network, there as here.
	SocketClosed ErrorType = "socket-closed"
	// UnavailableID says that somebody else has the id.
	UnavailableID ErrorType = "unavailable-id"
	// WebRTC says that a session description was not taken.
	WebRTC ErrorType = "webrtc"
)

// The types of a connection's errors.
const (
	// NegotiationFailed says that no way to the other peer was found, or that
	// it was lost.
	NegotiationFailed ErrorType = "negotiation-failed"
	// ConnectionLost says that the connection was closed below us.
	ConnectionLost ErrorType = "connection-closed"
	// NotOpenYet says that a value was sent before the connection was open.
	NotOpenYet ErrorType = "not-open-yet"
	// MessageTooBig says that a value is longer than its serialization takes.
	MessageTooBig ErrorType = "message-too-big"
)

// Fatal is true when such an error ends a peer that was never open, and
// disconnects one that was.
func (t ErrorType) Fatal() bool {
	switch t {
	case Incompatible, InvalidID, InvalidKey, SSLUnavailable, ServerError, SocketError, SocketClosed, UnavailableID:
		return true
	}
	return false
}

// Error is an error of a peer or of a connection.
type Error struct {
	Type ErrorType
	// Message is for a person.
	Message string
	// Err is what caused it, or nil.
	Err error
}

// Error is the type and the message.
func (e *Error) Error() string {
	text := fmt.Sprintf("peerjs: %s: %s", e.Type, e.Message)
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
