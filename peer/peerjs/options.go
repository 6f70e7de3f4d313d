package peerjs

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// CloudHost is the public PeerServer of the PeerJS project.
const CloudHost = "0.peerjs.com"

// version is what servers and peers are told we are.
const version = "1.5.5"

// Options says how a [Peer] reaches its server and others. The zero value is
// that of PeerJS: its public server, and a public STUN server. The fields up to
// PingInterval are named as the original's.
type Options struct {
	// Key is the server's. Empty means "peerjs".
	Key string
	// Host and Port are where the server is. Empty means [CloudHost]; zero
	// means 443 with Secure or CloudHost, 80 otherwise.
	Host string
	Port int
	// Path is the server's. Slashes around it are added. Empty means "/".
	Path string
	// Secure uses TLS, which CloudHost always does, as TLS says; nil means
	// the system's authorities.
	Secure bool
	TLS    *tls.Config
	// Token keeps the id for this peer while it reconnects. Empty means a
	// random one.
	Token string
	// ICEServers are STUN and TURN servers. Nil means the STUN server that
	// PeerJS uses; an empty slice, none.
	ICEServers []peer.ICEServer
	// RelayOnly is iceTransportPolicy "relay".
	RelayOnly bool
	// Serializers are more serializations by name, or other ones for the names
	// that there are. Each connection calls for one of its own.
	Serializers map[string]func(SerializerOptions) Serializer
	// PingInterval is how often the server is told that we are there. Zero
	// means 5 s.
	PingInterval time.Duration

	// Server is a server in this process, which is used in place of Host and
	// all that goes with it.
	Server *peerserver.Server
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
	// MaxConnections bounds the connections, MaxPerPeer those that one other
	// peer has asked for. Zero means 64 and 8.
	MaxConnections, MaxPerPeer int
	// MaxValue bounds a received value, and what waits for its chunks, in bytes
	// for each connection. Zero means 64 MiB.
	MaxValue int
	// Log receives a line for each change of a connection. Nil discards.
	Log *slog.Logger
}

// validID is the form that the original documents. Its code allows one
// separator at a time only, but servers take more.
var validID = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9 _-]{0,254}[A-Za-z0-9])?$`)

// ValidID is true for what may be asked for as an id: letters, digits, and
// between them spaces, dashes and underscores.
func ValidID(id string) bool { return validID.MatchString(id) }

func (o Options) withDefaults() (Options, error) {
	if o.Host == "" {
		o.Host = CloudHost
	}
	o.Secure = o.Secure || o.Host == CloudHost
	if o.Port == 0 && o.Secure {
		o.Port = 443
	} else if o.Port == 0 {
		o.Port = 80
	}
	if strings.ContainsAny(o.Host, "/?#@") || o.Port < 0 || o.Port > 65535 {
		return o, fmt.Errorf("peerjs: there is no server at %q, port %d", o.Host, o.Port)
	}
	if o.Path = "/" + strings.Trim(o.Path, "/") + "/"; o.Path == "//" {
		o.Path = "/"
	}
	if o.Key == "" {
		o.Key = "peerjs"
	}
	if o.Token == "" {
		o.Token = strings.ToLower(rand.Text())
	}
	if o.ICEServers == nil {
		o.ICEServers = []peer.ICEServer{{URLs: []string{"stun:stun.l.google.com:19302"}}}
	}
	if o.Codecs == nil {
		o.Codecs = []encode.Codec{encode.H264, encode.VP8, encode.Opus}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	orInt(&o.Bitrate, 8_000_000)
	orInt(&o.MaxConnections, 64)
	orInt(&o.MaxPerPeer, 8)
	orInt(&o.MaxValue, 64<<20)
	orTime(&o.PingInterval, 5*time.Second)
	orTime(&o.ConnectTimeout, 20*time.Second)
	orTime(&o.RingTimeout, time.Minute)
	for name, make := range o.Serializers {
		if name == "" || make == nil {
			return o, errors.New("peerjs: a serializer needs a name and a constructor")
		}
	}
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

// url is where the server has what; scheme is http or ws.
func (o *Options) url(scheme, what string, query url.Values) string {
	if o.Secure {
		scheme += "s"
	}
	query.Set("version", version)
	u := url.URL{Scheme: scheme, Host: net.JoinHostPort(o.Host, strconv.Itoa(o.Port)), Path: o.Path + what, RawQuery: query.Encode()}
	return u.String()
}
