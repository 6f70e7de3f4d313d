package skyway

import (
	"time"

	"github.com/causeway-rtc/causeway/peer/events"
)

// On has f called with each event of type E of p, until off is called. The
// types are those below. Events of one connection come in order, and so do
// those of one room but for its tracks; those of different ones may come at the
// same time. f must not block, nor wait for a connection, a room or the peer to
// end.
func On[E any](p *Peer, f func(E)) (off func()) { return events.On(&p.hub, f) }

// Once is On for the next event only.
func Once[E any](p *Peer, f func(E)) (off func()) { return events.Once(&p.hub, f) }

// The events of a peer.
type (
	// Opened says that the server knows us by ID: the original's "open". It
	// comes again when the server was lost and is back.
	Opened struct{ ID string }
	// Left says that the peer is disconnected from its server, by Disconnect or
	// by a loss: "disconnected". Connections stay.
	Left struct{ ID string }
	// Destroyed says that the peer has ended: "close".
	Destroyed struct{}
	// Failed is the peer's "error".
	Failed struct{ Err *Error }
	// ExpiresIn says how soon the credential ends: "expiresin".
	ExpiresIn struct{ Left time.Duration }
	// Incoming says that another peer has opened a data connection:
	// "connection". It is accepted when all listeners have returned, unless
	// one has called its Refuse.
	Incoming struct{ Connection *DataConnection }
	// Called says that another peer calls: "call". It rings until Answer or
	// Refuse. Calls within mesh rooms are answered by the room.
	Called struct{ Call *MediaConnection }
)

// The events of a connection.
type (
	// ConnectionOpened says that values can be sent, or that a call was
	// answered: a connection's "open".
	ConnectionOpened struct{ Connection *Connection }
	// ConnectionClosed says that a connection has ended, open or not: its
	// "close". Err is [ErrHungUp], [net.ErrClosed] after Close, or what went
	// wrong.
	ConnectionClosed struct {
		Connection *Connection
		Err        error
	}
	// ConnectionFailed is a connection's "error".
	ConnectionFailed struct {
		Connection *Connection
		Err        *Error
	}
	// TrackStarted says that a track of the other peer's stream has come: the
	// original's "stream", for each of its tracks. Tracks of rooms are
	// [RoomTrackStarted].
	TrackStarted struct {
		Call  *MediaConnection
		Track *Track
	}
)

// The events of a room. Those of a member are in order.
type (
	// RoomOpened says that we are in the room: its "open". It comes again when
	// the server was lost and is back.
	RoomOpened struct{ Room *Room }
	// RoomClosed says that we have left the room, or the peer has ended: its
	// "close".
	RoomClosed struct{ Room *Room }
	// RoomFailed is a room's "error".
	RoomFailed struct {
		Room *Room
		Err  *Error
	}
	// PeerJoined and PeerLeft say that another peer came or went: "peerJoin"
	// and "peerLeave".
	PeerJoined struct {
		Room *Room
		ID   string
	}
	PeerLeft struct {
		Room *Room
		ID   string
	}
	// RoomTrackStarted says that a track of a member's stream has come: the
	// room's "stream", for each of its tracks.
	RoomTrackStarted struct {
		Room  *Room
		ID    string
		Track *Track
	}
	// RoomData is what a member has sent to all: "data". Values are those of
	// package encoding/json, and []byte.
	RoomData struct {
		Room *Room
		ID   string
		Data any
	}
	// RoomLogged is the room's log: "log". See [Room.Log].
	RoomLogged struct {
		Room    *Room
		Entries []string
	}
)
