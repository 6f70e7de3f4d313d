package engineio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// writeTimeout is how long a client may not read.
	writeTimeout = 10 * time.Second
	// readTimeout is how long the body of a POST may take.
	readTimeout = 30 * time.Second
	// upgradeTimeout is how long a WebSocket may take to take over.
	upgradeTimeout = 10 * time.Second
	// goodbye is how long a client has to take what is left for it.
	goodbye = 5 * time.Second
)

// Server serves Engine.IO. Its methods may be called from any goroutine.
type Server struct {
	o      Options
	budget budget
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // requests, sessions, and what these start

	mu       sync.Mutex
	closed   bool
	sessions map[string]*Session // by sid
	byAddr   map[string]int      // sessions
}

// New makes a server, which serves until Close.
func New(o Options) *Server {
	s := &Server{o: o.withDefaults(), sessions: map[string]*Session{}, byAddr: map[string]int{}}
	s.budget = budget{o: &s.o, byAddr: map[string]int{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Stats counts what a [Server] holds.
type Stats struct {
	Sessions int
	Bytes    int // that wait or are being read
}

// Stats counts what the server holds at the moment.
func (s *Server) Stats() Stats {
	s.budget.mu.Lock()
	bytes := s.budget.total
	s.budget.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{len(s.sessions), bytes}
}

// Close ends all sessions and waits for their goroutines. The second call
// only waits.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	all := slices.Collect(maps.Values(s.sessions))
	s.mu.Unlock()
	for _, x := range all {
		x.end(ErrByServer)
	}
	s.cancel()
	s.wg.Wait()
	return nil
}

// ServeHTTP serves one request, a WebSocket until it ends.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		http.Error(w, "closing", http.StatusServiceUnavailable)
		return
	}
	s.wg.Add(1)
	s.mu.Unlock()
	defer s.wg.Done()

	q := r.URL.Query()
	sid, transport := q.Get("sid"), q.Get("transport")
	allowed := AllowPages(w, r, s.o.Origins)
	w.Header().Set("Cache-Control", "no-store")
	switch upgrade := strings.EqualFold(r.Header.Get("Upgrade"), "websocket"); {
	case !allowed:
		http.Error(w, "this origin may not connect", http.StatusForbidden)
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	case q.Get("EIO") != "3":
		refuse(w, http.StatusBadRequest, 5, "Unsupported protocol version")
	case upgrade != (transport == "websocket") || transport != "polling" && transport != "websocket" || q.Has("j"):
		refuse(w, http.StatusBadRequest, 0, "Transport unknown")
	case sid == "":
		s.open(w, r, upgrade)
	default:
		x := s.find(sid)
		if x == nil {
			refuse(w, http.StatusBadRequest, 1, "Session ID unknown")
			return
		}
		x.serve(w, r, upgrade)
	}
}

// refuse answers as the original does.
func refuse(w http.ResponseWriter, status, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{code, message}) // who is gone needs no answer
}

func (s *Server) find(sid string) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[sid]
}

// open opens a session for r.
func (s *Server) open(w http.ResponseWriter, r *http.Request, upgrade bool) {
	if !upgrade && r.Method != http.MethodGet {
		refuse(w, http.StatusBadRequest, 2, "Bad handshake method")
		return
	}
	x := &Session{
		server: s, id: newID(), addr: Address(r, s.o.Proxied), b64: r.URL.Query().Get("b64") == "1",
		bucket: newBucket(s.o.Rate, s.o.Burst), wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if status := s.enter(x); status != 0 {
		s.o.Log.Debug("a session was refused", "addr", x.addr, "status", status)
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many connections", status)
		return
	}
	s.o.Log.Debug("session opened", "addr", x.addr, "websocket", upgrade)
	x.start(r, upgrade)
	if upgrade {
		x.serveSocket(w, r)
	} else {
		x.poll(w, r)
	}
}

// enter counts a session in, or returns the HTTP status that refuses it.
func (s *Server) enter(x *Session) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || len(s.sessions) >= s.o.Sessions:
		return http.StatusServiceUnavailable
	case s.byAddr[x.addr] >= s.o.SessionsPerAddr:
		return http.StatusTooManyRequests
	}
	s.sessions[x.id] = x
	s.byAddr[x.addr]++
	s.wg.Add(1)
	return 0
}

func (s *Server) leave(x *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, x.id)
	if s.byAddr[x.addr]--; s.byAddr[x.addr] == 0 {
		delete(s.byAddr, x.addr)
	}
	s.wg.Done()
}

// newID is a sid, which only its client must know.
func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

var errTooLong = errors.New("engineio: the message is too long")

// readAll reads at most the longest message, and counts what it holds for
// addr. The caller releases as many bytes as the result's capacity.
func (s *Server) readAll(addr string, r io.Reader) ([]byte, error) {
	const first = 512
	b, held := []byte(nil), 0
	for {
		if len(b) == cap(b) {
			more := max(first, cap(b))
			if !s.budget.reserve(addr, more) {
				s.budget.release(addr, held)
				return nil, errFull
			}
			held += more
			b = append(make([]byte, 0, held), b...)
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > s.o.MaxMessage+maxDigits+3: // as much as a payload of one message has
			err = errTooLong
		case errors.Is(err, io.EOF):
			return b, nil
		}
		if err != nil {
			s.budget.release(addr, held)
			return nil, err
		}
	}
}
