package broker

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/memory"
	"github.com/causeway-rtc/causeway/peer/signal/ws"
)

// Options bounds a [Broker] and says who may use it. The zero value serves
// pages of the same origin.
type Options struct {
	// AllowOrigin says whether the page that sent r may connect. Nil allows
	// requests without an Origin, which are not from pages, and those whose
	// Origin is the host that r asks for.
	AllowOrigin func(r *http.Request) bool
	// Conns bounds the connections in all, ConnsPerAddr those from one IP
	// address. Zero means 1024 and 64.
	Conns, ConnsPerAddr int
	// Rate is how many frames a second one connection may send on average,
	// Burst how many at once. Zero means 50 and 200.
	Rate, Burst int
	// Exchange bounds subscriptions and queues.
	Exchange memory.Options
	// Log receives one line per refused connection. Nil discards.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.AllowOrigin == nil {
		o.AllowOrigin = SameOrigin
	}
	defaults := []struct {
		v *int
		d int
	}{{&o.Conns, 1024}, {&o.ConnsPerAddr, 64}, {&o.Rate, 50}, {&o.Burst, 200}}
	for _, d := range defaults {
		if *d.v <= 0 {
			*d.v = d.d
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// SameOrigin allows requests that come from no page, and from pages of the
// host they ask for (RFC 6455 §10.2).
func SameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// Broker is the http.Handler of the endpoint. Its methods may be called from
// any goroutine.
type Broker struct {
	o      Options
	bus    *memory.Bus
	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	total  int
	byAddr map[string]int
	wg     sync.WaitGroup
}

// New makes a broker, which serves until Close.
func New(o Options) *Broker {
	b := &Broker{o: o.withDefaults(), bus: memory.New(o.Exchange), byAddr: map[string]int{}}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// Dial connects a peer in this process.
func (b *Broker) Dial() (signal.Conn, error) {
	c, err := b.bus.Dial("")
	if err != nil {
		return nil, err
	}
	return c, nil
}

// ServeHTTP upgrades to a WebSocket and serves it until it closes.
func (b *Broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	addr, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		addr = r.RemoteAddr
	}
	if !b.o.AllowOrigin(r) {
		b.o.Log.Warn("signalling: a page of another origin was refused", "origin", r.Header.Get("Origin"), "addr", addr)
		http.Error(w, "this origin may not connect", http.StatusForbidden)
		return
	}
	if status := b.enter(addr); status != 0 {
		b.o.Log.Warn("signalling: a connection was refused", "addr", addr, "status", status)
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many connections", status)
		return
	}
	defer b.leave(addr)
	sock, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // AllowOrigin has decided
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		b.o.Log.Debug("signalling: no WebSocket", "addr", addr, "err", err)
		return
	}
	conn, err := b.bus.Dial(addr)
	if err != nil {
		_ = sock.Close(websocket.StatusGoingAway, "")
		return
	}
	c := &client{broker: b, sock: sock, conn: conn, bucket: newBucket(b.o.Rate, b.o.Burst)}
	c.serve(b.ctx)
}

// enter counts a connection in, or returns the HTTP status that refuses it.
func (b *Broker) enter(addr string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed || b.total >= b.o.Conns:
		return http.StatusServiceUnavailable
	case b.byAddr[addr] >= b.o.ConnsPerAddr:
		return http.StatusTooManyRequests
	}
	b.total++
	b.byAddr[addr]++
	b.wg.Add(1)
	return 0
}

func (b *Broker) leave(addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total--
	if b.byAddr[addr]--; b.byAddr[addr] == 0 {
		delete(b.byAddr, addr)
	}
	b.wg.Done()
}

// Close closes every connection and waits for their goroutines. The second
// call only waits.
func (b *Broker) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	_ = b.bus.Close()
	// The clients say goodbye; those that do not answer are cut off.
	timer := time.AfterFunc(time.Second, b.cancel)
	b.wg.Wait()
	timer.Stop()
	b.cancel()
	return nil
}

// closeCode is the WebSocket close code and reason for why the exchange
// closed a connection.
func closeCode(err error) (websocket.StatusCode, string) {
	if errors.Is(err, memory.ErrTakenOver) {
		return ws.StatusTakenOver, "another connection took over"
	}
	return websocket.StatusGoingAway, ""
}
