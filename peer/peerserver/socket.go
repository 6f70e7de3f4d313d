package peerserver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// writeTimeout is how long a client may not read.
	writeTimeout = 10 * time.Second
	// outMessages and outBytes bound what is on its way to one client beside
	// what has waited for it.
	outMessages = 256
	outBytes    = 1 << 20
)

// socket is the server's end of a WebSocket. One goroutine reads; another
// writes while there is something to write, so an idle client has but one.
type socket struct {
	server *Server
	conn   *websocket.Conn
	raw    net.Conn // below conn: its deadlines cost less than contexts
	gone   chan struct{}
	once   sync.Once
	wg     sync.WaitGroup

	mu      sync.Mutex
	queue   []Message
	bytes   int
	writing bool
	closed  bool
}

// serveSocket upgrades, and hands the connection to a goroutine of its own:
// net/http's keeps all that a request needs.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	addr := s.address(r)
	if !s.allowed(r) {
		http.Error(w, "this origin may not connect", http.StatusForbidden)
		return
	}
	if status := s.enter(addr); status != 0 {
		s.o.Log.Debug("a connection was refused", "addr", addr, "status", status)
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many connections", status)
		return
	}
	h := &hijacker{ResponseWriter: w}
	conn, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // allowed has decided
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		s.leave(addr)
		s.o.Log.Debug("no WebSocket", "addr", addr, "err", err)
		return
	}
	conn.SetReadLimit(int64(s.o.MaxMessage))
	k := &socket{server: s, conn: conn, raw: h.conn, gone: make(chan struct{})}
	m, key := asked(r.URL.Query())
	m.addr, m.link = addr, k
	go func() {
		defer s.leave(addr) // for which Close waits
		defer context.AfterFunc(s.ctx, k.cut)()
		if err := k.join(m, key); err != nil {
			k.refuse(err)
			return
		}
		k.read(m)
		k.end(m)
	}()
}

// hijacker lends a connection with small buffers, of which an idle client
// needs none, and remembers it.
type hijacker struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack implements [http.Hijacker].
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, had, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = conn
	early, err := had.Reader.Peek(had.Reader.Buffered())
	if err != nil {
		return nil, nil, err
	}
	const size = 1024
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), conn), max(size, len(early)))
	if _, err := r.Peek(len(early)); err != nil {
		return nil, nil, err
	}
	return conn, bufio.NewReadWriter(r, bufio.NewWriterSize(conn, size)), nil
}

var (
	errKey     = errors.New("peerserver: the key is wrong")
	errMissing = errors.New("peerserver: no id, token or key")
)

// asked is what a request asks for. As in the original, the last of several
// values counts.
func asked(q url.Values) (m *member, key string) {
	last := func(name string) string {
		if all := q[name]; len(all) > 0 {
			return all[len(all)-1]
		}
		return ""
	}
	// A part of the URL would keep all of it, which may be long.
	return &member{id: strings.Clone(last("id")), token: strings.Clone(last("token"))}, last("key")
}

// join registers m, if it may be.
func (k *socket) join(m *member, key string) error {
	switch {
	case key == "" || m.id == "" || m.token == "":
		return errMissing
	case !validID(m.id) || !validID(m.token):
		return ErrInvalid
	case key != k.server.o.Key:
		return errKey
	}
	return k.server.register(m, Message{Type: Open})
}

// refuse tells the client why and closes.
func (k *socket) refuse(err error) {
	if errors.Is(err, net.ErrClosed) {
		_ = k.conn.Close(websocket.StatusGoingAway, "")
		return
	}
	// The words are the original's.
	m := refusal(Error, "No id, token, or key supplied to websocket server")
	switch {
	case errors.Is(err, ErrInvalid):
		m = refusal(Error, "The id or token is too long or not text")
	case errors.Is(err, errKey):
		m = refusal(InvalidKey, "Invalid key provided")
	case errors.Is(err, ErrIDTaken):
		m = refusal(IDTaken, "ID is taken")
	case errors.Is(err, ErrLimit):
		m = refusal(Error, "Server has reached its concurrent user limit")
	}
	if k.write(m) == nil {
		_ = k.conn.Close(websocket.StatusNoStatusRcvd, "")
	}
	k.cut()
	_ = k.conn.CloseNow()
}

// read acts on the client's messages until it is gone.
func (k *socket) read(m *member) {
	bucket := newBucket(k.server.o.Rate, k.server.o.Burst)
	for k.pause(bucket.take(time.Now())) {
		_ = k.raw.SetReadDeadline(time.Now().Add(k.server.o.AliveTimeout)) // fails where reading does
		_, b, err := k.conn.Read(context.Background())
		if err != nil {
			return
		}
		x, err := parseMessage(b)
		if err != nil {
			continue // as the original does
		}
		if !k.server.route(m, x) {
			_ = k.conn.Close(websocket.StatusNormalClosure, "")
			return
		}
	}
}

// pause waits, and is false when the connection ended meanwhile.
func (k *socket) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-k.gone:
		return false
	}
}

// end closes the connection, waits for the writer, and unregisters m.
func (k *socket) end(m *member) {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.cut()
	_ = k.conn.CloseNow()
	k.wg.Wait()
	k.mu.Lock()
	unsent := k.queue
	k.queue = nil
	k.mu.Unlock()
	k.server.unregister(m, unsent)
}

// deliver queues a message for the writer, and starts that if it is not there.
func (k *socket) deliver(m Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.closed:
		return net.ErrClosed
	case len(k.queue) >= outMessages+k.server.o.QueueMessages, k.bytes > 0 && k.bytes+m.size() > k.outBytes():
		return errFull
	}
	k.queue = append(k.queue, m)
	k.bytes += m.size()
	if !k.writing {
		k.writing = true
		k.wg.Go(k.drain)
	}
	return nil
}

// outBytes has room for all that may have waited.
func (k *socket) outBytes() int {
	return outBytes + min(k.server.o.QueueMessages*(k.server.o.MaxMessage+maxID), k.server.o.QueueBytes)
}

// drain writes until the queue is empty. A client that does not read for too
// long is closed, and what it did not get stays in the queue.
func (k *socket) drain() {
	for failed := false; ; {
		k.mu.Lock()
		if len(k.queue) == 0 || failed {
			k.writing = false
			if len(k.queue) == 0 {
				k.queue = nil // an idle client needs no room
			}
			k.mu.Unlock()
			return
		}
		m := k.queue[0]
		k.mu.Unlock()
		if failed = k.write(m) != nil; failed {
			k.cut()
			continue
		}
		k.mu.Lock()
		k.queue[0] = Message{}
		k.queue = k.queue[1:]
		k.bytes -= m.size()
		k.mu.Unlock()
	}
}

func (k *socket) write(m Message) error {
	_ = k.raw.SetWriteDeadline(time.Now().Add(writeTimeout)) // fails where writing does
	err := k.conn.Write(context.Background(), websocket.MessageText, m.marshal())
	_ = k.raw.SetWriteDeadline(time.Time{}) // pongs and the goodbye have their own
	return err
}

// cut ends the connection at once, whatever waits for it.
func (k *socket) cut() {
	k.once.Do(func() {
		close(k.gone)
		_ = k.raw.Close()
	})
}

func (k *socket) shut(politely bool) {
	k.mu.Lock()
	was := k.closed
	k.closed = true
	if politely && !was {
		k.wg.Go(func() { _ = k.conn.Close(websocket.StatusGoingAway, "") })
	}
	k.mu.Unlock()
	if !politely {
		k.cut() // over TLS this may take a moment
	}
}

// bucket is a token bucket. It is used from one goroutine.
type bucket struct {
	rate, burst, level float64
	last               time.Time
}

func newBucket(rate, burst int) *bucket {
	return &bucket{rate: float64(rate), burst: float64(burst), level: float64(burst)}
}

// take takes a token and returns how long to wait until it is there.
func (b *bucket) take(now time.Time) time.Duration {
	if !b.last.IsZero() {
		b.level = min(b.burst, b.level+now.Sub(b.last).Seconds()*b.rate)
	}
	b.last = now
	b.level--
	return time.Duration(max(0, -b.level) / b.rate * float64(time.Second))
}
