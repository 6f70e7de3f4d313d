package peer

import (
	"reflect"
	"sync"

	"github.com/causeway-rtc/causeway/input"
)

// On has f called with each event of type E of p, until off is called. The
// types of p's own events are those below; an application may have others, and
// raise them by [Emit].
//
// Events of one Remote come in order, from goroutines of that Remote; those of
// different Remotes may come at the same time. f must not block.
func On[E any](p *Peer, f func(E)) (off func()) {
	return p.events.on(reflect.TypeFor[E](), func(e any) { f(e.(E)) })
}

// Once is On for the next event only.
func Once[E any](p *Peer, f func(E)) (off func()) {
	var once sync.Once
	stop := func() {}
	var mu sync.Mutex // an event may come before On returns
	mu.Lock()
	defer mu.Unlock()
	stop = On(p, func(e E) {
		once.Do(func() {
			mu.Lock()
			defer mu.Unlock()
			stop()
			f(e)
		})
	})
	return stop
}

// Emit calls those who listen to events of e's type, and returns when all have
// returned.
func Emit[E any](p *Peer, e E) { p.events.emit(reflect.TypeFor[E](), e) }

// hub knows who listens to which type of event.
type hub struct {
	mu   sync.Mutex
	next int
	all  map[reflect.Type][]listener
}

type listener struct {
	id int
	f  func(any)
}

func (h *hub) on(t reflect.Type, f func(any)) (off func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[reflect.Type][]listener{}
	}
	h.next++
	id := h.next
	// A new slice each time: emit may be walking through the old one.
	h.all[t] = append(h.all[t][:len(h.all[t]):len(h.all[t])], listener{id, f})
	return func() { h.off(t, id) }
}

func (h *hub) off(t reflect.Type, id int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var kept []listener
	for _, l := range h.all[t] {
		if l.id != id {
			kept = append(kept, l)
		}
	}
	h.all[t] = kept
}

func (h *hub) emit(t reflect.Type, e any) {
	h.mu.Lock()
	all := h.all[t]
	h.mu.Unlock()
	for _, l := range all {
		l.f(e)
	}
}

// heard is true when somebody listens to events of type E.
func heard[E any](p *Peer) bool {
	p.events.mu.Lock()
	defer p.events.mu.Unlock()
	return len(p.events.all[reflect.TypeFor[E]()]) > 0
}

// The events of a connection.
type (
	// StateChanged says how far a Remote is. One that is not yet connected is
	// not in [Peer.Remotes].
	StateChanged struct {
		Remote *Remote
		State  State
	}
	// Problem says what went wrong with one Remote. What ends it shows as a
	// StateChanged besides.
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
	ErrorJoin        ErrorCode = "JOIN_ERROR"         // a join could not be acted on
	ErrorOffer       ErrorCode = "OFFER_ERROR"        // an offer could not be
	ErrorAnswer      ErrorCode = "ANSWER_ERROR"       // an answer could not be
	ErrorCandidate   ErrorCode = "CANDIDATE_ERROR"    // a candidate could not be
)
