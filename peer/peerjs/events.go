package peerjs

import (
	"github.com/causeway-rtc/causeway/peer/events"
)

// On has f called with each event of type E of p, until off is called. The
// types are those below. Events of one connection come in order; those of
// different connections may come at the same time. f must not block, nor wait
// for a connection or the peer to end.
func On[E any](p *Peer, f func(E)) (off func()) { return events.On(&p.hub, f) }

// Once is On for the next event only.
func Once[E any](p *Peer, f func(E)) (off func()) { return events.Once(&p.hub, f) }

// The events of a peer.
type (
	// Opened says that the server knows us by ID: the original's "open".
	Opened struct{ ID string }
	// Left says that the peer is disconnected from its server, by Disconnect or
	// by a loss: "disconnected". Connections stay.
	Left struct{ ID string }
	// Destroyed says that the peer has ended: "close".
	Destroyed struct{}
	// Failed is the peer's "error".
	Failed struct{ Err *Error }
	// Incoming says that another peer has opened a data connection:
	// "connection". It is accepted when all listeners have returned, unless
	// one has called its Refuse.
	Incoming struct{ Connection *DataConnection }
	// Called says that another peer calls: "call". It rings until Answer or
	// Refuse.
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
	// ICEStateChanged tells the iceConnectionState of a connection.
	ICEStateChanged struct {
		Connection *Connection
		State      string
	}
	// TrackStarted says that a track of the other peer's stream has come: the
	// original's "stream", for each of its tracks.
	TrackStarted struct {
		Call  *MediaConnection
		Track *Track
	}
	// WillCloseOnRemote says that the other peer will see it when the call is
	// hung up.
	WillCloseOnRemote struct{ Call *MediaConnection }
)
