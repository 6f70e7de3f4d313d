package skyway

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

// version is what servers are told we are: an SDK that they know.
const version = "4.4.5"

// TURNHost is where the original's TURN servers were, which a server means that
// gives a credential for TURN.
const TURNHost = "turn.webrtc.ecl.ntt.com:443"

// Credential shows a server that a key's owner has let a peer in.
type Credential = skywayserver.Credential

// Options says how a [Peer] reaches its server and others. Key is required, and
// URL or Server. The fields up to Credential are the original's.
type Options struct {
	// Key is the API key.
	Key string
	// Debug is how much Log receives: 1 errors, 2 warnings as well, 3
	// everything. Zero means 3, since without a Log nothing is said.
	Debug int
	// ICEServers are STUN and TURN servers. Nil means a public STUN server; an
	// empty slice, none. With RelayOnly, iceTransportPolicy is "relay".
	ICEServers []peer.ICEServer
	RelayOnly  bool
	// NoTURN ignores a credential for TURN that the server gives. TURNHost is
	// the host and port that it is for; empty means the constant [TURNHost].
	NoTURN   bool
	TURNHost string
	// Credential is needed by keys with a secret, and an id with it. See
	// [Peer.UpdateCredential].
	Credential *Credential

	// URL is the server's, "https://host:port". TLS is how it is reached; nil
	// means the system's authorities.
	URL string
	TLS *tls.Config
	// Server is a server in this process, which is used in place of URL.
	Server *skywayserver.Server
	// ICEPort is where ICE listens. Nil means ports of its own for each
	// connection. It stays the caller's to close, after Run has returned.
	ICEPort *peer.Port
	// Codecs are what is sent and received, best first. Nil means H.264, VP8
	// and Opus.
	Codecs []encode.Codec
	// Bitrate is what the way to a peer is thought to carry until it shows, in
	// bits a second. Zero means 8 Mbit/s.
	Bitrate int
	// ConnectTimeout is how long an accepted connection may take to come about.
	// RingTimeout is how long a call waits for Answer. Zero means 20 s and
	// 60 s.
	ConnectTimeout, RingTimeout time.Duration
	// MaxConnections bounds the connections, those in mesh rooms included,
	// MaxPerPeer those that one other peer has asked for. Zero means 64 and 8.
	MaxConnections, MaxPerPeer int
	// MaxValue bounds a received value, and what waits for its chunks, in bytes
	// for each connection. Zero means 64 MiB.
	MaxValue int
	// Log receives a line for each change of a connection. Nil discards.
	Log *slog.Logger
}

// ValidID is true for what may be asked for as an id: letters, digits, dashes
// and underscores, and single spaces between them.
func ValidID(id string) bool { return skywayserver.ValidID(id) }

// ValidKey is true for what has the form of an API key.
func ValidKey(key string) bool { return skywayserver.ValidKey(key) }

func (o Options) withDefaults() (Options, error) {
	if !ValidKey(o.Key) {
		return o, &Error{Type: InvalidKey, Message: fmt.Sprintf("the API key %q is invalid", o.Key)}
	}
	u, err := url.Parse(o.URL)
	if o.Server == nil && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "") {
		return o, fmt.Errorf("skyway: there is no server at %q: want a URL such as https://example.org", o.URL)
	}
	if o.ICEServers == nil {
		o.ICEServers = []peer.ICEServer{{URLs: []string{"stun:stun.l.google.com:19302"}}}
	}
	if o.TURNHost == "" {
		o.TURNHost = TURNHost
	}
	if o.Codecs == nil {
		o.Codecs = []encode.Codec{encode.H264, encode.VP8, encode.Opus}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	switch o.Debug {
	case 1:
		o.Log = slog.New(leveled{o.Log.Handler(), slog.LevelError})
	case 2:
		o.Log = slog.New(leveled{o.Log.Handler(), slog.LevelWarn})
	}
	orInt(&o.Bitrate, 8_000_000)
	orInt(&o.MaxConnections, 64)
	orInt(&o.MaxPerPeer, 8)
	orInt(&o.MaxValue, 64<<20)
	orTime(&o.ConnectTimeout, 20*time.Second)
	orTime(&o.RingTimeout, time.Minute)
	return o, nil
}

func orInt(p *int, d int) {
	if *p <= 0 {
		*p = d
	}
}

func orTime(p *time.Duration, d time.Duration) {
	if *p <= 0 {
		*p = d
	}
}

// leveled is a handler of what has a level at least.
type leveled struct {
	slog.Handler
	least slog.Level
}

func (l leveled) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= l.least && l.Handler.Enabled(ctx, level)
}

func (l leveled) WithAttrs(a []slog.Attr) slog.Handler {
	return leveled{l.Handler.WithAttrs(a), l.least}
}

func (l leveled) WithGroup(name string) slog.Handler {
	return leveled{l.Handler.WithGroup(name), l.least}
}

// isNamed is true for a codec that has this name in SDP.
func isNamed(c encode.Codec, name string) bool {
	_, have, _ := strings.Cut(c.MIMEType, "/")
	return strings.EqualFold(have, name)
}

// random is text that nobody can guess.
func random(n int) string { return strings.ToLower(rand.Text()[:n]) }
