package memory

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// Options bounds a [Bus]. The zero value serves.
type Options struct {
	// Queue is how many messages may wait for one connection, a quarter of
	// them from the same sender. Zero means 256.
	Queue int
	// QueueBytes is how many bytes of messages may wait for one connection,
	// a quarter of them from the same sender, Bytes how many in all. Zero
	// means 2 MiB and 256 MiB.
	QueueBytes, Bytes int
	// Subscriptions is how many namespaces one connection may subscribe to.
	// Zero means 16.
	Subscriptions int
	// Hold is how long a claim with a secret outlives its connection. Zero
	// means 30 s, negative not at all.
	Hold time.Duration
}

func (o Options) withDefaults() Options {
	if o.Queue <= 0 {
		o.Queue = 256
	}
	if o.QueueBytes <= 0 {
		o.QueueBytes = 2 << 20
	}
	if o.Bytes <= 0 {
		o.Bytes = 256 << 20
	}
	if o.Subscriptions <= 0 {
		o.Subscriptions = 16
	}
	if o.Hold == 0 {
		o.Hold = 30 * time.Second
	}
	return o
}

// ErrTakenOver is wrapped by the errors of a connection that lost its claim to
// another.
var ErrTakenOver = errors.New("another connection took over")

// maxHeld bounds the claims that are reserved for nobody present.
const maxHeld = 4096

// Bus is an exchange. Its methods may be called from any goroutine.
type Bus struct {
	o Options

	mu     sync.Mutex
	closed bool
	conns  map[*Conn]struct{}
	rooms  map[signal.Namespace]map[*Conn]struct{}
	claims map[signal.Namespace]*claim
	held   int // claims without a connection
	bytes  int // of the messages that wait
}

type claim struct {
	conn   *Conn // nil while reserved
	secret [sha256.Size]byte
	keyed  bool // there is a secret
	until  time.Time
}

// New makes an exchange without anybody.
func New(o Options) *Bus {
	return &Bus{
		o:      o.withDefaults(),
		conns:  map[*Conn]struct{}{},
		rooms:  map[signal.Namespace]map[*Conn]struct{}{},
		claims: map[signal.Namespace]*claim{},
	}
}

// Default is the exchange that all parts of this process share which were
// given no other, as Peerix peers without a driver share one. It is made by
// the first call, and must not be closed.
func Default() *Bus { return shared() }

var shared = sync.OnceValue(func() *Bus { return New(Options{}) })

// Dial connects a peer, whose messages carry addr as [signal.Message.Addr].
func (b *Bus) Dial(addr string) (*Conn, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, fmt.Errorf("memory: the exchange: %w", net.ErrClosed)
	}
	c := &Conn{
		bus: b, addr: addr,
		queue: make(chan delivery, b.o.Queue),
		done:  make(chan struct{}),
		ids:   map[string]string{},
		subs:  map[signal.Namespace]struct{}{},

		waiting: map[*Conn]load{},
	}
	b.conns[c] = struct{}{}
	return c, nil
}

// Driver dials this exchange, for what wants a driver. The URL's host becomes
// the address: "memory://192.0.2.1".
func (b *Bus) Driver() signal.Driver {
	return signal.Driver{
		Name:    "memory",
		Schemes: []string{"memory"},
		Dial: func(_ context.Context, url string, _ signal.Options) (signal.Conn, error) {
			return b.Dial(url[min(len("memory://"), len(url)):])
		},
	}
}

// Close closes every connection. The second call does nothing.
func (b *Bus) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for c := range b.conns {
		b.drop(c, errors.New("the exchange is closing"), false)
	}
	return nil
}

func (b *Bus) subscribe(c *Conn, ns signal.Namespace, secret string) error {
	if !ns.Valid() || secret != "" && !ns.Direct() || len(secret) > signal.MaxSecret {
		return refuse(signal.CodeSyntax, ns, "%.160q cannot be subscribed to so", ns)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if _, ok := c.subs[ns]; ok {
		return nil
	}
	if len(c.subs) >= b.o.Subscriptions {
		return refuse(signal.CodeLimit, ns, "more than %d subscriptions", b.o.Subscriptions)
	}
	if ns.Direct() {
		if err := b.claim(c, ns, secret); err != nil {
			return err
		}
	} else {
		if b.rooms[ns] == nil {
			b.rooms[ns] = map[*Conn]struct{}{}
		}
		b.rooms[ns][c] = struct{}{}
	}
	c.subs[ns] = struct{}{}
	return nil
}

func (b *Bus) claim(c *Conn, ns signal.Namespace, secret string) error {
	room, id := ns.Split()
	if other, ok := c.ids[room]; ok {
		return refuse(signal.CodeDenied, ns, "this connection is %s in room %s", other, room)
	}
	sum := sha256.Sum256([]byte(secret))
	old := b.claims[ns]
	if old != nil && old.conn == nil && !time.Now().Before(old.until) {
		b.forget(ns)
		old = nil
	}
	if old != nil {
		if !old.keyed || secret == "" || subtle.ConstantTimeCompare(old.secret[:], sum[:]) == 0 {
			return refuse(signal.CodeTaken, ns, "%s is in room %s already", id, room)
		}
		if old.conn != nil {
			b.drop(old.conn, ErrTakenOver, false)
		}
		b.forget(ns)
	}
	b.claims[ns] = &claim{conn: c, secret: sum, keyed: secret != ""}
	c.ids[room] = id
	return nil
}

// forget deletes a claim.
func (b *Bus) forget(ns signal.Namespace) {
	if cl := b.claims[ns]; cl != nil && cl.conn == nil {
		b.held--
	}
	delete(b.claims, ns)
}

func (b *Bus) unsubscribe(c *Conn, ns signal.Namespace, reserve bool) {
	if _, ok := c.subs[ns]; !ok {
		return
	}
	delete(c.subs, ns)
	if !ns.Direct() {
		delete(b.rooms[ns], c)
		if len(b.rooms[ns]) == 0 {
			delete(b.rooms, ns)
		}
		return
	}
	room, _ := ns.Split()
	delete(c.ids, room)
	cl := b.claims[ns]
	if !reserve || !cl.keyed || b.o.Hold < 0 {
		delete(b.claims, ns)
		return
	}
	if b.held >= maxHeld {
		b.purge()
	}
	if b.held >= maxHeld {
		delete(b.claims, ns)
		return
	}
	cl.conn, cl.until = nil, time.Now().Add(b.o.Hold)
	b.held++
}

// purge deletes the reserved claims that are over.
func (b *Bus) purge() {
	now := time.Now()
	for ns, cl := range b.claims {
		if cl.conn == nil && !now.Before(cl.until) {
			b.forget(ns)
		}
	}
}

func (b *Bus) publish(c *Conn, ns signal.Namespace, m signal.Message) error {
	if !ns.Valid() {
		return refuse(signal.CodeSyntax, "", "%.160q is no namespace", ns)
	}
	if err := m.Validate(); err != nil {
		return err
	}
	m.Addr = c.addr
	m.Data, m.Metadata = clone(m.Data), clone(m.Metadata)
	plain := withoutToken(m)
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	room, peer := ns.Split()
	if c.ids[room] != m.ID {
		return refuse(signal.CodeDenied, ns, "this connection is not %s in room %s", m.ID, room)
	}
	// In a host's room the token is for the host.
	host := b.claims[signal.Direct(room, room)]
	if host == nil {
		plain = m
	}
	if !ns.Direct() {
		for to := range b.rooms[ns] {
			switch {
			case host != nil && to == host.conn && to != c:
				b.deliver(to, delivery{c, ns, m})
			case to != c:
				b.deliver(to, delivery{c, ns, plain})
			}
		}
		return nil
	}
	cl := b.claims[ns]
	if cl == nil || cl.conn == nil {
		return refuse(signal.CodeAbsent, ns, "nobody is %s", ns)
	}
	if peer != room {
		m = plain
	}
	if cl.conn != c && !b.deliver(cl.conn, delivery{c, ns, m}) {
		return refuse(signal.CodeLimit, ns, "too many messages wait for %s", ns)
	}
	return nil
}

// Holder is the connection that has claimed ns without a secret, so that
// nobody can take the claim over. Nil where there is none.
func (b *Bus) Holder(ns signal.Namespace) *Conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	if cl := b.claims[ns]; cl != nil && !cl.keyed {
		return cl.conn
	}
	return nil
}

// drop closes c for the given reason. It reserves c's claims, or gives them up.
func (b *Bus) drop(c *Conn, reason error, reserve bool) {
	if c.err != nil {
		return
	}
	c.err = fmt.Errorf("memory: %w: %w", reason, net.ErrClosed)
	for ns := range c.subs {
		b.unsubscribe(c, ns, reserve)
	}
	delete(b.conns, c)
	b.bytes -= c.bytes
	close(c.done)
}

func refuse(code signal.Code, ns signal.Namespace, format string, args ...any) *signal.Error {
	return &signal.Error{Code: code, Text: fmt.Sprintf(format, args...), Namespace: ns}
}
