package peer

import (
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/events"
)

// On has f called with each event of type E of p, until off is called. The
// types of p's own events are those below; an application may have others, and
// raise them by [Emit].
//
// Events of one Remote come in order, from goroutines of that Remote; those of
// different Remotes may come at the same time. f must not block.
func On[E any](p *Peer, f func(E)) (off func()) { return events.On(&p.events, f) }

// Once is On for the next event only.
func Once[E any](p *Peer, f func(E)) (off func()) { return events.Once(&p.events, f) }

// Emit calls those who listen to events of e's type, and returns when all have
// returned.
func Emit[E any](p *Peer, e E) { events.Emit(&p.events, e) }

// hub knows who listens to a Peer.
type hub = events.Hub

// heard is true when somebody listens to events of type E.
func heard[E any](p *Peer) bool { return events.Heard[E](&p.events) }

// The events of a connection.
type (
	// StateChanged says how far a Remote is. One that is not yet connected is
	// not in [Peer.Remotes].
	StateChanged struct {
		Remote *Remote
		State  State
	}
	// Problem says what went wrong with one Remote, or, where Remote is nil,
	// before there was one. What ends a Remote shows as a StateChanged besides.
	Problem struct {
		Remote *Remote
		Code   ErrorCode
		Err    error
	}
	// StatusChanged is a publisher's word that something stopped, or works
	// again.
	StatusChanged struct {
		Remote *Remote
		Status
	}
)

// The events of streams that we watch, or might.
type (
	// StreamAnnounced says that a Remote publishes a stream, or how that has
	// changed.
	StreamAnnounced struct{ *Announcement }
	// StreamWithdrawn says that a Remote no longer publishes a stream.
	StreamWithdrawn struct {
		Remote  *Remote
		Stream  int
		Message string // for a person; often empty
	}
	// StreamStarted says that we watch a stream from now on, asked for or not.
	StreamStarted struct{ Stream *InboundStream }
	// StreamEnded says that we no longer do.
	StreamEnded struct {
		Stream  *InboundStream
		Message string // for a person; often empty
	}
	// TrackStarted says that a track of a stream has come, TrackEnded that it
	// has gone.
	TrackStarted struct {
		Stream *InboundStream
		Track  *InboundTrack
	}
	// TrackEnded is the opposite of TrackStarted.
	TrackEnded struct {
		Stream *InboundStream
		Track  *InboundTrack
	}
	// PermissionsChanged says what we may do to a stream from now on.
	PermissionsChanged struct {
		Stream *InboundStream
		Level  input.Level
	}
	// SizeChanged says that the picture has another size, in pixels.
	SizeChanged struct {
		Stream        *InboundStream
		Width, Height int
	}
	// CursorChanged tells a change of the publisher's pointer.
	CursorChanged struct {
		Stream *InboundStream
		Cursor
	}
	// PublisherStats is how the publisher fares, once a second after
	// [InboundStream.Watch].
	PublisherStats struct {
		Stream *InboundStream
		HostStats
	}
)

// The events of data channels.
type (
	// DataChannelOpened says that a Remote has opened a named channel.
	DataChannelOpened struct {
		Remote  *Remote
		Channel *DataChannel
	}
	// ChannelOpened says that a numbered channel is open at both ends,
	// ChannelClosed that it no longer is.
	ChannelOpened struct {
		Remote  *Remote
		Channel ChannelOptions
	}
	// ChannelClosed is the opposite of ChannelOpened.
	ChannelClosed struct {
		Remote  *Remote
		Channel ChannelOptions
	}
	// ChannelMessage is a message on a numbered channel. Data is the
	// listeners'.
	ChannelMessage struct {
		Remote  *Remote
		Channel ChannelOptions
		Data    []byte
		Text    bool
	}
)

// ErrorCode classes what goes wrong with a Remote, as Peerix does.
type ErrorCode string

// The codes of [Problem].
const (
	ErrorTimeout     ErrorCode = "CONNECTION_TIMEOUT" // it did not connect in time
	ErrorNegotiation ErrorCode = "NEGOTIATION_ERROR"  // we could not make an offer
	ErrorChannel     ErrorCode = "CHANNEL_ERROR"      // a data channel failed
	ErrorVerify      ErrorCode = "VERIFY_ERROR"       // Verify refused or failed
	ErrorJoin        ErrorCode = "JOIN_ERROR"         // a join, of ours or another's, could not be acted on
	ErrorOffer       ErrorCode = "OFFER_ERROR"        // an offer could not be
	ErrorAnswer      ErrorCode = "ANSWER_ERROR"       // an answer could not be
	ErrorCandidate   ErrorCode = "CANDIDATE_ERROR"    // a candidate could not be
)
