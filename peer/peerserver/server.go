package peerserver

import (
	"context"
	"crypto/subtle"
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
	"unicode/utf8"
)

// maxID is how long an id or a token may be in bytes.
const maxID = 256

// goodbye is how long clients have to answer when the server closes.
const goodbye = time.Second

// Server is a PeerServer. Its methods may be called from any goroutine.
type Server struct {
	o      Options
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // what a WebSocket or a timer runs

	mu      sync.Mutex
	closed  bool
	members map[string]*member // by id
	sockets int
	byAddr  map[string]int // sockets
	waiting *waiting
	sweeper *time.Timer // nil while nothing waits
}

// New makes a server, which serves until Close.
func New(o Options) *Server {
	s := &Server{o: o.withDefaults(), members: map[string]*member{}, byAddr: map[string]int{}}
	s.waiting = newWaiting(&s.o)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Stats counts what a [Server] holds.
type Stats struct {
	Peers    int // registered ids
	Sockets  int // connections, those about to be refused included
	Messages int // that wait for peers
	Bytes    int // of these messages
}

// Stats counts what the server holds at the moment.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{len(s.members), s.sockets, s.waiting.count, s.waiting.bytes}
}

// Close closes every connection and waits for their goroutines. The second
// call only waits.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	if s.sweeper != nil && s.sweeper.Stop() {
		s.wg.Done()
	}
	s.sweeper = nil
	members := slices.Collect(maps.Values(s.members))
	s.mu.Unlock()
	for _, m := range members {
		m.link.shut(true)
		s.unregister(m, nil)
	}
	timer := time.AfterFunc(goodbye, s.cancel)
	s.wg.Wait()
	timer.Stop()
	s.cancel()
	return nil
}

// member is a registered connection. It is replaced, never changed.
type member struct {
	id, token string
	addr      string // whom its messages are counted for
	link      link
}

// link is what leads to a client.
type link interface {
	// deliver passes a message on without waiting, or says that it was
	// not taken: errFull or [net.ErrClosed].
	deliver(m Message) error
	// shut closes the connection without waiting: politely, or at once.
	shut(politely bool)
}

var errFull = errors.New("peerserver: the peer does not read")

// The errors of [Server.Dial], each for what a client learns by a message.
var (
	ErrIDTaken = errors.New("peerserver: the id is taken")
	ErrLimit   = errors.New("peerserver: too many peers")
	ErrInvalid = errors.New("peerserver: id or token is missing, too long, or not text")
)

// validID is true for what may be an id or a token.
func validID(s string) bool { return s != "" && len(s) <= maxID && utf8.ValidString(s) }

// register gives m its id, greets it, and passes on what waits for it. A
// connection that had the id with the same token is closed.
func (s *Server) register(m *member, greeting ...Message) error {
	s.mu.Lock()
	old := s.members[m.id]
	switch {
	case s.closed:
		s.mu.Unlock()
		return net.ErrClosed
	case old != nil && subtle.ConstantTimeCompare([]byte(old.token), []byte(m.token)) == 0:
		s.mu.Unlock()
		return ErrIDTaken
	case old == nil && len(s.members) >= s.o.ConcurrentLimit:
		s.mu.Unlock()
		return ErrLimit
	}
	s.members[m.id] = m
	// Whoever finds the new member must come after what waits, so all of it
	// is passed on before anybody can look.
	for _, x := range slices.Concat(greeting, s.waiting.take(m.id)) {
		_ = m.link.deliver(x) // there is more room than anything can wait
	}
	s.mu.Unlock()
	if old != nil {
		old.link.shut(false)
	}
	s.o.Log.Debug("peer connected", "peer", m.id, "addr", m.addr, "again", old != nil)
	s.o.OnConnect(m.id)
	return nil
}

// unregister gives up the id of m, if it still has it, and keeps what was not
// sent to it for its return.
func (s *Server) unregister(m *member, unsent []Message) {
	s.mu.Lock()
	has := s.members[m.id] == m
	if has {
		delete(s.members, m.id)
	}
	s.mu.Unlock()
	for _, x := range unsent {
		if x.Dst != "" { // what was the server's own is of no use to anybody else
			s.send(x, m.addr)
		}
	}
	if has {
		s.o.Log.Debug("peer disconnected", "peer", m.id)
		s.o.OnDisconnect(m.id)
	}
}

// route does what a message from m asks for. It is false when m has left.
func (s *Server) route(m *member, x Message) bool {
	x.Src = m.id
	switch {
	case x.Type == Leave && x.Dst == "":
		s.unregister(m, nil)
		return false
	case !x.Type.relayed() || x.Dst == "" || len(x.Dst) > maxID:
		return true
	}
	s.send(x, m.addr)
	return true
}

// send passes x, whose sender is at addr, on to the peer in Dst, or keeps it
// for later. What finds no room is answered by EXPIRE.
func (s *Server) send(x Message, addr string) {
	var dead *member
	for range 3 { // the receiver may be replaced meanwhile, but hardly again
		s.mu.Lock()
		to := s.members[x.Dst]
		if to == nil || to == dead {
			ok := s.keep(x, addr)
			s.mu.Unlock()
			if ok {
				return
			}
			break
		}
		s.mu.Unlock()
		err := to.link.deliver(x)
		if err == nil {
			return
		}
		if !errors.Is(err, net.ErrClosed) {
			break
		}
		dead = to
	}
	s.tell(Message{Type: Expire, Src: x.Dst, Dst: x.Src})
}

// keep makes x wait for its receiver, if it is worth it. The mutex is held.
func (s *Server) keep(x Message, addr string) bool {
	if x.Type == Leave || x.Type == Expire || s.closed {
		return true // nothing is lost
	}
	if !s.waiting.put(x, addr, time.Now()) {
		return false
	}
	if s.sweeper == nil {
		s.wg.Add(1)
		s.sweeper = time.AfterFunc(s.o.CleanupInterval, s.sweep)
	}
	return true
}

// sweep tells the senders of what has waited too long, and comes again while
// anything waits.
func (s *Server) sweep() {
	defer s.wg.Done()
	s.mu.Lock()
	told := s.waiting.expire(time.Now())
	s.sweeper = nil
	if s.waiting.count > 0 && !s.closed {
		s.wg.Add(1)
		s.sweeper = time.AfterFunc(s.o.CleanupInterval, s.sweep)
	}
	s.mu.Unlock()
	for _, x := range told {
		s.tell(x)
	}
}

// tell passes a message of the server's on, if its receiver is there.
func (s *Server) tell(x Message) {
	s.mu.Lock()
	to := s.members[x.Dst]
	s.mu.Unlock()
	if to != nil {
		_ = to.link.deliver(x) // who does not read learns nothing
	}
}

// freshID is an id that nobody has, or "" when the generator finds none.
func (s *Server) freshID() string {
	for range 100 {
		id := s.o.GenerateClientID()
		s.mu.Lock()
		taken := s.members[id] != nil
		s.mu.Unlock()
		if !taken {
			return id
		}
	}
	return ""
}
