package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/streams"
)

// Options is what a [Peer] is made of. ID is required.
type Options struct {
	// ID is the peer's name, [A-Za-z0-9_-]{1,64}.
	ID string
	// ExternalID is the application's name for it, which remotes are told: a
	// user name, say. At most 256 bytes.
	ExternalID string
	// Secret keeps ID for this peer when it connects to the exchange anew.
	Secret string
	// Signal is the way to the exchange. It stays the caller's to close, after
	// Run has returned. Nil means the exchange that all of this process share,
	// [memory.Default].
	Signal signal.Conn

	// Verify decides who may connect: it sees each join of this peer's rooms,
	// and each offer of a peer in a room that this one has joined. It returns
	// nil, or a [*Reject] that the other side is sent; any other error is
	// logged and sent as [CodeInternal]. It is called in a goroutine of each
	// join's own, and ctx ends when the other side gives up or joins again.
	// Nil refuses everybody.
	Verify func(ctx context.Context, j Join) error
	// MaxRemotes bounds the connections, and the joins that wait for Verify.
	// Zero means 32.
	MaxRemotes int
	// StreamRequest decides what a remote gets that asks for a stream. It
	// returns a grant, or an error: a [*Reject] reaches the asker with its
	// message. It is called in a goroutine of the request's own. Nil grants
	// the stream that was asked for, or the first.
	StreamRequest func(ctx context.Context, q StreamRequest) (Grant, error)

	// Port is where ICE listens. Nil means ports of its own for each remote.
	// It stays the caller's to close, after Run has returned.
	Port *Port
	// UDPPorts are the first and the last port that ICE may use without Port.
	// Zeros mean any.
	UDPPorts [2]uint16
	// ICEServers are STUN and TURN servers for remotes behind routers.
	ICEServers []ICEServer
	// RelayOnly uses nothing but TURN: remotes do not learn our address.
	RelayOnly bool
	// TCPOnly leaves UDP out, to test the way around networks without it.
	TCPOnly bool
	// ConnectTimeout is how long a connection may take, and later the answer to
	// each offer. Zero means 20 s.
	ConnectTimeout time.Duration

	// Streams are published from the beginning. They stay the caller's to
	// close.
	Streams []*streams.Stream
	// Codecs are what is sent and watched, best first. Nil means H.264, VP8,
	// VP9, AV1 and Opus. A stream is sent in the first of them that it offers and the
	// viewer takes.
	Codecs []encode.Codec
	// Bitrate is what the way to a viewer is thought to carry until it shows,
	// in bits a second; the video encoder starts with it. Zero means 8 Mbit/s.
	Bitrate int
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

// Join is the request of another peer to be connected.
type Join struct {
	// ID is who asks, Room where.
	ID, Room string
	// ExternalID is the application's name of who asks, or empty.
	ExternalID string
	// Addr is where from, an IP address as a rule, or empty when a far broker
	// did not say.
	Addr string
	// Token is metadata.token, or empty.
	Token string
	// Metadata is all that the peer said of itself: JSON, or nil.
	Metadata json.RawMessage
	// Member is true for the offer of a peer that was in the room before us.
	Member bool
}

// The codes of [Reject].
const (
	CodeToken     = "token"     // wrong or missing token
	CodeThrottled = "throttled" // too many wrong tokens
	CodeRejected  = "rejected"  // the application refused
	CodeCodec     = "codec"     // no codec in common
	CodeBusy      = "busy"      // too many connections
	CodeLimit     = "limit"     // too much of something
	CodeTaken     = "taken"     // there is one of that name
	CodeAbsent    = "absent"    // there is no such stream
	CodeOrder     = "order"     // an offer that no join came before
	CodeInternal  = "internal"
)

// Reject is a refusal: of a join, and then the error of [Peer.Connect]; of a
// stream, and then that of [Remote.CreateStream]; or of a data channel.
type Reject struct {
	Code string
	// Message is for the person.
	Message string
	// RetryAfter is how long to wait before another try is of use, or zero.
	RetryAfter time.Duration
}

// Refuse is an application's refusal, for the reason given, which the other
// side is told.
func Refuse(reason string) *Reject { return &Reject{Code: CodeRejected, Message: reason} }

// Error is the refusal for a person.
func (r *Reject) Error() string { return fmt.Sprintf("peer: refused (%s): %s", r.Code, r.Message) }

// rejectData is Reject on the wire.
type rejectData struct {
	Code       string  `json:"code"`
	Message    string  `json:"message"`
	RetryAfter float64 `json:"retryAfter,omitempty"`
}

// maxExternalID bounds an external id in bytes.
const maxExternalID = 256

func (o Options) withDefaults() (Options, error) {
	if !signal.ValidID(o.ID) {
		return o, fmt.Errorf("peer: the id %q is not of the form [A-Za-z0-9_-]{1,64}", o.ID)
	}
	if len(o.ExternalID) > maxExternalID {
		return o, fmt.Errorf("peer: the external id has %d bytes, more than %d", len(o.ExternalID), maxExternalID)
	}
	if o.UDPPorts[0] > o.UDPPorts[1] {
		return o, fmt.Errorf("peer: the UDP ports end at %d, before %d", o.UDPPorts[1], o.UDPPorts[0])
	}
	if o.Verify == nil {
		o.Verify = func(context.Context, Join) error {
			return &Reject{Code: CodeToken, Message: "this peer lets nobody in"}
		}
	}
	if o.MaxRemotes <= 0 {
		o.MaxRemotes = 32
	}
	if o.ConnectTimeout <= 0 {
		o.ConnectTimeout = 20 * time.Second
	}
	if o.Bitrate <= 0 {
		o.Bitrate = 8_000_000
	}
	if o.Codecs == nil {
		o.Codecs = []encode.Codec{encode.H264High444, encode.H264, encode.VP8, encode.VP9, encode.AV1High, encode.AV1, encode.OpusSurround, encode.Opus}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("self", o.ID)
	return o, nil
}

// AllowAll is an [Options.Verify] that lets everybody in who knows where.
func AllowAll(context.Context, Join) error { return nil }
