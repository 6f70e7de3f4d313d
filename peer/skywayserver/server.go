package skywayserver

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/causeway-rtc/causeway/peer/engineio"
	"github.com/causeway-rtc/causeway/peer/socketio"
)

// maxBinary is how many pieces of bytes one message may have.
const maxBinary = 64

// Server is a SkyWay server. Its methods may be called from any goroutine.
type Server struct {
	o        Options
	engine   *engineio.Server
	handlers map[string]func(*Server, *member, *socketio.Packet)

	mu       sync.Mutex
	closed   bool
	members  map[peerID]*member
	rooms    map[roomID]*room
	guard    guard
	logBytes int // of all rooms
}

// New makes a server, which serves until Close.
func New(o Options) *Server {
	s := &Server{o: o.withDefaults(), handlers: handlers(), members: map[peerID]*member{}, rooms: map[roomID]*room{}}
	s.guard = guard{limit: s.o.Peers, peers: map[peerID]departed{}}
	s.engine = engineio.New(engineio.Options{
		Accept:       s.accept,
		PingInterval: s.o.PingInterval, PingTimeout: s.o.PingTimeout, NoUpgrade: s.o.NoUpgrade,
		Origins: s.o.Origins, Proxied: s.o.Proxied,
		// There are a few more than peers, so that those refused can be told why.
		Sessions: s.o.Peers + max(64, s.o.Peers/8), SessionsPerAddr: s.o.ConnsPerAddr,
		MaxMessage: s.o.MaxData + s.o.MaxSignal, Rate: s.o.Rate, Burst: s.o.Burst, Log: s.o.Log,
	})
	return s
}

// Stats counts what a [Server] holds.
type Stats struct {
	Peers    int
	Sessions int // connections, those about to be refused included
	Rooms    int
	Bytes    int // that wait for peers or are being read
	LogBytes int // of the rooms' logs
}

// Stats counts what the server holds at the moment.
func (s *Server) Stats() Stats {
	engine := s.engine.Stats()
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{len(s.members), engine.Sessions, len(s.rooms), engine.Bytes, s.logBytes}
}

// Close ends every connection and waits for their goroutines. The second call
// only waits.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	var local []*LocalConn
	for _, m := range s.members {
		if c, ok := m.link.(*LocalConn); ok {
			local = append(local, c)
		}
	}
	s.mu.Unlock()
	for _, c := range local {
		_ = c.Close() // which never fails
	}
	return s.engine.Close()
}

// ServeHTTP serves /socket.io/ and /api/apikeys/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/socket.io/" || r.URL.Path == "/socket.io":
		s.engine.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, "/api/apikeys/"):
		s.serveAPI(w, r)
	default:
		http.NotFound(w, r)
	}
}

// conn is a client at a socket.
type conn struct {
	server  *Server
	session *engineio.Session
	addr    string // see [Server.Addr]
	decoder socketio.Decoder
	member  *member // nil when it was refused
}

// accept greets a client, and makes a member of it or tells it why not.
func (s *Server) accept(session *engineio.Session, r *http.Request) engineio.Handler {
	q := r.URL.Query()
	c := &conn{
		server: s, session: session, addr: engineio.Address(r, s.o.Proxied), decoder: socketio.Decoder{MaxBinary: maxBinary},
	}
	c.say(socketio.Packet{Type: socketio.Connect})
	m, err := s.admit(wish{
		// A part of the URL would keep all of it, which may be long.
		key: q.Get("apiKey"), id: strings.Clone(q.Get("peerId")), token: strings.Clone(q.Get("token")), credential: q.Get("credential"),
		loopback: s.loopback(r),
	}, c)
	if err != nil {
		why := &Refusal{Type: ServerError, Message: "the server can not take the peer"}
		_ = errors.As(err, &why) // it always is one
		s.o.Log.Debug("a peer was refused", "addr", session.Addr(), "err", err)
		c.deliver(newEvent("ERROR", why), false)
		c.shut()
		return c
	}
	c.member = m
	return c
}

// say sends a packet that is no event.
func (c *conn) say(p socketio.Packet) {
	if err := c.session.Send(engineio.NewParcel(engineio.Message{Data: p.Text()})); err != nil {
		c.session.Close()
	}
}

// deliver implements link.
func (c *conn) deliver(e *event, lossy bool) {
	if lossy {
		c.session.TrySend(e.parcel)
	} else if err := c.session.Send(e.parcel); err != nil {
		c.session.Close()
	}
}

// shut implements link. A client that is told so does not come back.
func (c *conn) shut() {
	c.say(socketio.Packet{Type: socketio.Disconnect})
	c.session.Close()
}

// Message implements [engineio.Handler].
func (c *conn) Message(m engineio.Message) {
	if c.member == nil || !c.server.holds(c.member, c) {
		return
	}
	read := c.decoder.Text
	if m.Binary {
		read = c.decoder.Binary
	}
	p, err := read(m.Data)
	switch {
	case err != nil:
		c.server.o.Log.Debug("a peer said what is no packet", "peer", c.member.id.id, "err", err)
		c.session.Close()
	case p == nil:
	case p.Namespace != "/":
		if p.Type == socketio.Connect {
			c.say(socketio.Packet{Type: socketio.Error, Namespace: p.Namespace, Arg: []byte(`"Invalid namespace"`)})
		}
	case p.Type == socketio.Disconnect:
		c.server.unregister(c.member, c, true)
		c.session.Close()
	case p.Type == socketio.Event:
		c.server.act(c.member, p)
	}
}

// Closed implements [engineio.Handler].
func (c *conn) Closed(err error) {
	if c.member != nil {
		c.server.unregister(c.member, c, errors.Is(err, engineio.ErrByClient))
	}
}

// loopback is true for a client on this machine. One that comes through a
// proxy that nobody has spoken of is not known to be.
func (s *Server) loopback(r *http.Request) bool {
	if !s.o.Proxied && (r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "") {
		return false
	}
	ip, err := netip.ParseAddr(engineio.Address(r, s.o.Proxied))
	return err == nil && ip.IsLoopback()
}

// same compares tokens in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// newID is an id that nobody has, of letters and digits.
func newID() string {
	for {
		var b [12]byte
		_, _ = rand.Read(b[:]) // never fails
		if id := base64.RawURLEncoding.EncodeToString(b[:]); !strings.ContainsAny(id, "-_") {
			return id
		}
	}
}
