package peer

import (
	"container/list"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// sniffTimeout is how long a TCP connection may say nothing. Browsers
	// open some in advance, which is no harm done when they are closed.
	sniffTimeout = 10 * time.Second
	// maxSilent bounds the connections that have said nothing. When there
	// are more, the oldest is closed.
	maxSilent = 256
	// maxICE bounds the connections that speak ICE: those of many viewers,
	// and of attackers that hold them open. More are closed.
	maxICE = 512
)

// protocol is what a TCP connection speaks.
type protocol uint8

const (
	protocolHTTP protocol = iota // or TLS
	protocolICE
)

// sniff tells the protocol by the first byte. ICE over TCP frames each packet
// with its length in two bytes (RFC 4571), and begins with a STUN message of
// far less than 1024 bytes; HTTP begins with a letter, or in its version 2
// with "PRI", and TLS with the record type 22.
func sniff(first byte) protocol {
	if first < 4 {
		return protocolICE
	}
	return protocolHTTP
}

// sniffer accepts connections and hands each to the listener of its protocol.
type sniffer struct {
	l         net.Listener
	http, ice *queueListener
	log       *slog.Logger
	wg        sync.WaitGroup
	open      atomic.Int32 // connections that speak ICE

	mu     sync.Mutex
	silent list.List // of net.Conn, the oldest first
	closed bool
}

func newSniffer(l net.Listener, log *slog.Logger) *sniffer {
	s := &sniffer{l: l, log: log, http: newQueueListener(l.Addr()), ice: newQueueListener(l.Addr())}
	s.wg.Go(s.accept)
	return s
}

func (s *sniffer) accept() {
	var pause time.Duration
	for {
		conn, err := s.l.Accept()
		if err == nil {
			pause = 0
			s.wg.Go(func() { s.route(conn) })
			continue
		}
		if !temporary(err) {
			_ = s.http.Close()
			_ = s.ice.Close()
			return
		}
		// Out of file descriptors, as a rule: some will be closed.
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		s.log.Warn("cannot accept a connection", "err", err)
		select {
		case <-s.http.done:
			return
		case <-time.After(pause):
		}
	}
}

func temporary(err error) bool {
	e, ok := err.(net.Error)
	//lint:ignore SA1019 net/http asks the same; there is nothing in its stead
	return ok && e.Temporary()
}

// route waits for the first byte of conn.
func (s *sniffer) route(conn net.Conn) {
	e := s.enter(conn)
	if e == nil {
		return
	}
	var first [1]byte
	_ = conn.SetReadDeadline(time.Now().Add(sniffTimeout))
	_, err := io.ReadFull(conn, first[:])
	s.leave(e)
	if err != nil {
		_ = conn.Close()
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	if sniff(first[0]) == protocolHTTP {
		s.http.hand(&prefixed{Conn: conn, first: first[:]})
		return
	}
	if s.open.Add(1) > maxICE {
		s.open.Add(-1)
		s.log.Warn("a connection was closed: too many speak ICE", "addr", conn.RemoteAddr())
		_ = conn.Close()
		return
	}
	closed := sync.OnceFunc(func() { s.open.Add(-1) })
	s.ice.hand(&prefixed{Conn: conn, first: first[:], closed: closed})
}

// enter counts conn as silent. It returns nil when the sniffer is closed.
func (s *sniffer) enter(conn net.Conn) *list.Element {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
		return nil
	}
	if s.silent.Len() >= maxSilent {
		_ = s.silent.Remove(s.silent.Front()).(net.Conn).Close()
	}
	return s.silent.PushBack(conn)
}

func (s *sniffer) leave(e *list.Element) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent.Remove(e)
}

// Close closes the listener and the silent connections, and waits.
func (s *sniffer) Close() error {
	s.mu.Lock()
	s.closed = true
	for e := s.silent.Front(); e != nil; e = e.Next() {
		_ = e.Value.(net.Conn).Close()
	}
	s.mu.Unlock()
	err := ignoreClosed(s.l.Close())
	_ = s.http.Close()
	_ = s.ice.Close()
	s.wg.Wait()
	return err
}

// queueListener is a net.Listener of connections that were accepted before.
type queueListener struct {
	addr  net.Addr
	queue chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newQueueListener(addr net.Addr) *queueListener {
	return &queueListener{addr: addr, queue: make(chan net.Conn), done: make(chan struct{})}
}

// hand blocks until conn is accepted or the listener closed.
func (l *queueListener) hand(conn net.Conn) {
	select {
	case l.queue <- conn:
	case <-l.done:
		_ = conn.Close()
	}
}

func (l *queueListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.queue:
		return conn, nil
	case <-l.done:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
	}
}

func (l *queueListener) Addr() net.Addr { return l.addr }

func (l *queueListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// prefixed is a connection whose first bytes were read. One goroutine reads.
type prefixed struct {
	net.Conn
	first  []byte
	closed func() // is told of Close; may be nil
}

func (c *prefixed) Close() error {
	if c.closed != nil {
		c.closed()
	}
	return c.Conn.Close()
}

func (c *prefixed) Read(b []byte) (int, error) {
	if len(c.first) > 0 && len(b) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}
