package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/streams"
)

// Options is what a [Peer] is made of. ID and Signal are required.
type Options struct {
	// ID is the peer's name, [A-Za-z0-9_-]{1,64}.
	ID string
	// Room is the room that the peer opens. Empty means ID, as a host has it.
	Room string
	// Secret keeps ID for this peer when it connects to the exchange anew.
	Secret string
	// Signal is the way to the exchange. It stays the caller's to close, after
	// Run has returned.
	Signal signal.Conn

	// Verify decides who may watch. It returns nil, or a [*Reject] that the
	// viewer is sent; any other error is logged and sent as [CodeInternal]. It
	// is called in a goroutine of each join's own, and ctx ends when the
	// viewer gives up or joins again. Nil refuses everybody.
	Verify func(ctx context.Context, j Join) error
	// MaxRemotes bounds the connections, and the joins that wait for Verify.
	// Zero means 32.
	MaxRemotes int

	// Port is where ICE listens. Nil means ports of its own for each remote.
	// It stays the caller's to close, after Run has returned.
	Port *Port
	// ICEServers are STUN and TURN servers for remotes behind routers.
	ICEServers []ICEServer
	// TCPOnly leaves UDP out, to test the way around networks without it.
	TCPOnly bool

	// Streams is what viewers get: video and sound, in any number.
	Streams []*streams.Track
	// Bitrate is what the way to a viewer is thought to carry until it shows,
	// in bits a second; the video encoder starts with it. Zero means 8 Mbit/s.
	Bitrate int
	// Injector takes what viewers do, through a Seat for each. Share it by an
	// input.Desk. Nil means that nobody controls anything.
	Injector input.Injector
	// Level is what a new viewer may do. Zero means watch.
	Level input.Level

	// Codecs is what this peer decodes when it watches, best first. Nil means
	// H.264, VP8 and Opus.
	Codecs []encode.Codec
	// Events are called as things happen.
	Events Events
	// Log receives one line for each change of a connection. Nil discards.
	Log *slog.Logger
}

// ICEServer is a STUN or TURN server.
type ICEServer struct {
	// URLs are of the schemes stun, stuns, turn and turns (RFC 7064, 7065).
	URLs []string
	// Username and Credential are for TURN.
	Username, Credential string
}

// Events are callbacks. They come from goroutines of the Remote concerned,
// may come at the same time, and must not block; nil ones are left out.
type Events struct {
	// State is called at each change of a Remote's state, in order. A Remote
	// that is not yet connected is not in [Peer.Remotes].
	State func(r *Remote, s State)
	// Control is called with each message of a host on the control channel.
	Control func(r *Remote, m ControlMessage)
	// Cursor is called with each change of the host's pointer.
	Cursor func(r *Remote, c Cursor)
}

// Join is a viewer's request to watch.
type Join struct {
	// ID is who asks, Room where.
	ID, Room string
	// Addr is where from, an IP address as a rule, or empty when a far broker
	// did not say.
	Addr string
	// Token is metadata.token, or empty.
	Token string
	// Metadata is all that the viewer said of itself: JSON, or nil.
	Metadata json.RawMessage
}

// The codes of [Reject].
const (
	CodeToken     = "token"     // wrong or missing token
	CodeThrottled = "throttled" // too many wrong tokens
	CodeCodec     = "codec"     // no codec in common
	CodeBusy      = "busy"      // too many viewers
	CodeInternal  = "internal"
)

// Reject is a host's refusal of a join, and the error of [Peer.Connect] then.
type Reject struct {
	Code string
	// Message is for the person.
	Message string
	// RetryAfter is how long to wait before another try is of use, or zero.
	RetryAfter time.Duration
}

// Error is the refusal for a person.
func (r *Reject) Error() string { return fmt.Sprintf("peer: refused (%s): %s", r.Code, r.Message) }

// rejectData is Reject on the wire.
type rejectData struct {
	Code       string  `json:"code"`
	Message    string  `json:"message"`
	RetryAfter float64 `json:"retryAfter,omitempty"`
}

func (o Options) withDefaults() (Options, error) {
	if !signal.ValidID(o.ID) {
		return o, fmt.Errorf("peer: the id %q is not of the form [A-Za-z0-9_-]{1,64}", o.ID)
	}
	if o.Room == "" {
		o.Room = o.ID
	}
	if !signal.ValidID(o.Room) {
		return o, fmt.Errorf("peer: the room %q is not of the form [A-Za-z0-9_-]{1,64}", o.Room)
	}
	if o.Signal == nil {
		return o, fmt.Errorf("peer: no signalling")
	}
	if o.Verify == nil {
		o.Verify = func(context.Context, Join) error {
			return &Reject{Code: CodeToken, Message: "this peer lets nobody in"}
		}
	}
	if o.MaxRemotes <= 0 {
		o.MaxRemotes = 32
	}
	if o.Bitrate <= 0 {
		o.Bitrate = 8_000_000
	}
	if o.Codecs == nil {
		o.Codecs = []encode.Codec{encode.H264, encode.VP8, encode.Opus}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("self", o.ID)
	return o, nil
}
