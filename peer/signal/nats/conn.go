package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	gonats "github.com/nats-io/nats.go"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// Conn is a [signal.Conn] over a NATS server. One goroutine of nats.go fills
// its queue; what is in there is read, and decrypted, by Receive.
type Conn struct {
	nc     *gonats.Conn
	wire   *wire
	log    *slog.Logger
	queue  chan *gonats.Msg // of all subscriptions, so that their order is kept
	cancel context.CancelFunc
	done   chan struct{} // closed when nc is

	mu      sync.Mutex
	closed  bool
	subs    map[signal.Namespace]*gonats.Subscription
	names   map[*gonats.Subscription]signal.Namespace // subs turned around
	ids     map[string]string                         // by room, who this is there
	absence absence
}

// absence tells direct messages that nobody received. Each is published with
// a reply subject of its own, inbox and a number, to which the server answers
// where there is no subscriber.
type absence struct {
	inbox string
	sub   *gonats.Subscription
	next  uint64
	sent  [128]signal.Namespace // where the last messages went, by number
}

func newConn(w *wire, log *slog.Logger) *Conn {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Conn{
		wire: w, log: log,
		queue: make(chan *gonats.Msg, queueLen),
		done:  make(chan struct{}),
		subs:  map[signal.Namespace]*gonats.Subscription{},
		names: map[*gonats.Subscription]signal.Namespace{},
		ids:   map[string]string{},
	}
}

func (c *Conn) watchAbsence() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.absence.inbox = c.nc.NewInbox()
	var err error
	c.absence.sub, err = c.nc.ChanSubscribe(c.absence.inbox+".*", c.queue)
	return err
}

// Subscribe is that of [signal.Conn]. It does not wait for the server, which
// refuses nothing but what its own permissions forbid. The secret is not used.
func (c *Conn) Subscribe(_ context.Context, ns signal.Namespace, secret string) error {
	if !ns.Valid() || secret != "" && !ns.Direct() || len(secret) > signal.MaxSecret {
		return refuse(signal.CodeSyntax, ns, "%.160q cannot be subscribed to so", ns)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed()
	}
	if c.subs[ns] != nil {
		return nil
	}
	room, id := ns.Split()
	if other, ok := c.ids[room]; ok && ns.Direct() {
		return refuse(signal.CodeDenied, ns, "this connection is %s in room %s", other, room)
	}
	sub, err := c.nc.ChanSubscribe(c.wire.subject(ns), c.queue)
	if err != nil {
		return failed(err)
	}
	c.subs[ns], c.names[sub] = sub, ns
	if ns.Direct() {
		c.ids[room] = id
	}
	return nil
}

// Unsubscribe is that of [signal.Conn].
func (c *Conn) Unsubscribe(_ context.Context, ns signal.Namespace) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed()
	}
	sub := c.subs[ns]
	if sub == nil {
		return nil
	}
	delete(c.subs, ns)
	delete(c.names, sub)
	if ns.Direct() {
		room, _ := ns.Split()
		delete(c.ids, room)
	}
	if err := sub.Unsubscribe(); err != nil {
		return failed(err)
	}
	return nil
}

// Publish is that of [signal.Conn]. It returns once m is on its way. While
// the connection is broken it waits, and looks at ctx between two attempts to
// connect, each of five seconds at most.
func (c *Conn) Publish(ctx context.Context, ns signal.Namespace, m signal.Message) error {
	if !ns.Valid() {
		return refuse(signal.CodeSyntax, "", "%.160q is no namespace", ns)
	}
	if err := m.Validate(); err != nil {
		return err
	}
	payload, err := c.wire.seal(&m)
	if err != nil {
		return err
	}
	reply, err := c.admit(ns, m.ID)
	if err != nil {
		return err
	}
	err = c.whenUp(ctx, &gonats.Msg{Subject: c.wire.subject(ns), Reply: reply, Data: payload})
	if errors.Is(err, gonats.ErrMaxPayload) {
		return refuse(signal.CodeLimit, ns, "the message has %d bytes, more than the server's %d", len(payload), c.nc.MaxPayload())
	}
	return err
}

// admit checks that this connection is id in the room of ns. It returns the
// reply subject of a message to ns, which is empty for one to a room.
func (c *Conn) admit(ns signal.Namespace, id string) (reply string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return "", errClosed()
	}
	room, peer := ns.Split()
	if c.ids[room] != id {
		return "", refuse(signal.CodeDenied, ns, "this connection is not %s in room %s", id, room)
	}
	if !ns.Direct() || peer == id { // what we tell ourselves is lost, as everywhere
		return "", nil
	}
	a := &c.absence
	a.next++
	a.sent[a.next%uint64(len(a.sent))] = ns
	return a.inbox + "." + strconv.FormatUint(a.next, 10), nil
}

// whenUp publishes msg once there is a connection that takes it.
func (c *Conn) whenUp(ctx context.Context, msg *gonats.Msg) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for {
		if err := c.nc.PublishMsg(msg); !errors.Is(err, gonats.ErrReconnectBufExceeded) {
			return failed(err)
		}
		if err := c.up(ctx); err != nil {
			return err
		}
	}
}

// up returns when there may be a connection.
func (c *Conn) up(ctx context.Context) error {
	changes := c.nc.StatusChanged(gonats.CONNECTED, gonats.CLOSED)
	defer c.nc.RemoveStatusListener(changes)
	if c.nc.IsConnected() {
		return nil // since before we listened
	}
	select {
	case <-changes:
		return nil
	case <-c.done:
		return errClosed()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Receive is that of [signal.Conn]. What cannot be read or decrypted is
// passed over.
func (c *Conn) Receive(ctx context.Context) (signal.Namespace, signal.Message, error) {
	for {
		select {
		case msg := <-c.queue:
			ns, m, err := c.read(msg)
			if ns != "" || err != nil {
				return ns, m, err
			}
		case <-c.done:
			return "", signal.Message{}, errClosed()
		case <-ctx.Done():
			return "", signal.Message{}, ctx.Err()
		}
	}
}

// read is what msg says, or an absence as the error. Neither means that it is
// nothing for us.
func (c *Conn) read(msg *gonats.Msg) (signal.Namespace, signal.Message, error) {
	c.mu.Lock()
	ns := c.names[msg.Sub]
	room, _ := ns.Split()
	self := c.ids[room]
	var absent error
	if msg.Sub == c.absence.sub {
		absent = c.absence.read(msg)
	}
	c.mu.Unlock()
	if ns == "" { // an absence, or it came before Unsubscribe
		return "", signal.Message{}, absent
	}
	m, err := c.wire.open(msg.Data)
	if err != nil {
		c.log.Debug("signalling: a message that cannot be read", "err", err)
		return "", signal.Message{}, nil
	}
	if m.ID == self { // our own, or another's that says so
		return "", signal.Message{}, nil
	}
	return ns, m, nil
}

// read is the refusal that an answer to one of our messages stands for, or
// nil. Anybody may answer, but only the server without a payload.
func (a *absence) read(msg *gonats.Msg) error {
	if len(msg.Data) > 0 || msg.Header.Get("Status") != "503" {
		return nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(msg.Subject, a.inbox+"."), 10, 64)
	if err != nil || n == 0 || n > a.next || a.next-n >= uint64(len(a.sent)) {
		return nil
	}
	ns := a.sent[n%uint64(len(a.sent))]
	return refuse(signal.CodeAbsent, ns, "nobody is %s", ns)
}

// Close is that of [signal.Conn]. What was published leaves first, for a
// second at most.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	timer := time.AfterFunc(time.Second, c.cancel)
	c.nc.Close()
	timer.Stop()
	c.cancel()
	<-c.done
	return nil
}

// failed wraps an error of nats.go.
func failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gonats.ErrConnectionClosed):
		return errClosed()
	}
	return fmt.Errorf("nats: %w", err)
}

func errClosed() error { return fmt.Errorf("nats: the connection: %w", net.ErrClosed) }
