package broker

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
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
// everybody, within bounds. A negative bound is none, for a broker whose
// clients are all trusted.
type Options struct {
	// AllowOrigin says whether the page that sent r may connect. Nil allows
	// all: see the package comment for why that is safe. [SameOrigin] is for
	// those who want it strict.
	AllowOrigin func(r *http.Request) bool
	// Conns bounds the connections in all, ConnsPerAddr those from one IPv4
	// address or IPv6 network of 64 bits. Zero means 1024 and 64. Behind a
	// reverse proxy all connections have the proxy's address, and a program
	// that runs many peers gives each a connection: raise ConnsPerAddr there.
	Conns, ConnsPerAddr int
	// Rate is how many frames a second one connection may send on average,
	// Burst how many at once. A long frame counts as one for each 16 KiB
	// begun. Zero means 50 and 200.
	Rate, Burst int
	// Idle is how long a client may be silent. Zero means 100 s, which is
	// three times the pings of Peerix clients.
	Idle time.Duration
	// Patience is how long a client may take to read what it is sent, and to
	// answer a ping when another claims its id. Zero means 5 s.
	Patience time.Duration
	// Exchange bounds subscriptions and queues.
	Exchange memory.Options
	// Log receives one line per refused connection. Nil discards.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.AllowOrigin == nil {
		o.AllowOrigin = func(*http.Request) bool { return true }
	}
	defaults := []struct {
		v *int
		d int
	}{{&o.Conns, 1024}, {&o.ConnsPerAddr, 64}, {&o.Rate, 50}, {&o.Burst, 200}}
	for _, d := range defaults {
		switch {
		case *d.v == 0:
			*d.v = d.d
		case *d.v < 0:
			*d.v = math.MaxInt
		}
	}
	if o.Idle <= 0 {
		o.Idle = 100 * time.Second
	}
	if o.Patience <= 0 {
		o.Patience = 5 * time.Second
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
	byAddr map[string]int // by network
	served map[*memory.Conn]*client
	wg     sync.WaitGroup
}

// New makes a broker, which serves until Close.
func New(o Options) *Broker {
	b := &Broker{
		o:      o.withDefaults(),
		bus:    memory.New(o.Exchange),
		byAddr: map[string]int{},
		served: map[*memory.Conn]*client{},
	}
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
	network := network(addr)
	if status := b.enter(network); status != 0 {
		b.o.Log.Warn("signalling: a connection was refused", "addr", addr, "status", status)
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many connections", status)
		return
	}
	defer b.leave(network)
	c := &client{broker: b, bucket: newBucket(b.o.Rate, b.o.Burst), strikes: newBucket(1, maxStrikes)}
	c.sock, err = websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // AllowOrigin has decided
		CompressionMode:    websocket.CompressionDisabled,
		// A flood of them is not answered.
		OnPingReceived: func(context.Context, []byte) bool { return c.bucket.take(1) },
	})
	if err != nil {
		b.o.Log.Debug("signalling: no WebSocket", "addr", addr, "err", err)
		return
	}
	if c.conn, err = b.bus.Dial(addr); err != nil {
		_ = c.sock.Close(websocket.StatusGoingAway, "")
		return
	}
	b.mu.Lock()
	b.served[c.conn] = c
	b.mu.Unlock()
	c.serve(b.ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.served, c.conn)
}

// network is what connections are counted by: an IPv4 address, or the 64 bits
// of an IPv6 address that one customer has to himself as a rule.
func network(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	prefix, _ := ip.Prefix(64)
	return prefix.String()
}

// lost is true when whoever has claimed ns without a secret does not answer,
// and has been dropped for it. A peer that lost its connection, and has no
// secret to take its claim over with, need not wait until the old one is
// found idle.
func (b *Broker) lost(ctx context.Context, ns signal.Namespace) bool {
	holder := b.bus.Holder(ns)
	b.mu.Lock()
	c := b.served[holder]
	b.mu.Unlock()
	if c == nil || c.asking.Load() { // who waits for another's answer reads no pong
		return false
	}
	limit, cancel := context.WithTimeout(ctx, b.o.Patience)
	defer cancel()
	if c.sock.Ping(limit) == nil || ctx.Err() != nil || c.asking.Load() {
		return false
	}
	c.conn.Break()
	return true
}

// enter counts a connection in, or returns the HTTP status that refuses it.
func (b *Broker) enter(network string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed || b.total >= b.o.Conns:
		return http.StatusServiceUnavailable
	case b.byAddr[network] >= b.o.ConnsPerAddr:
		return http.StatusTooManyRequests
	}
	b.total++
	b.byAddr[network]++
	b.wg.Add(1)
	return 0
}

func (b *Broker) leave(network string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total--
	if b.byAddr[network]--; b.byAddr[network] == 0 {
		delete(b.byAddr, network)
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
