package ws

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// Driver dials ws and wss URLs.
var Driver = signal.Driver{
	Name:    "websocket",
	Schemes: []string{"ws", "wss"},
	Dial: func(ctx context.Context, url string, o signal.Options) (signal.Conn, error) {
		return Dial(ctx, url, o)
	},
}

// StatusTakenOver is the WebSocket close code of a broker that gave the
// connection's peer id to a later one with the same secret.
const StatusTakenOver websocket.StatusCode = 4001

const (
	queueLen     = 256
	writeTimeout = 10 * time.Second
	pingInterval = 25 * time.Second
	readTimeout  = 60 * time.Second // two pings and a half
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// Conn is a [signal.Conn] over a WebSocket.
type Conn struct {
	url    string
	o      *websocket.DialOptions
	log    *slog.Logger
	secret string
	queue  chan item
	cancel context.CancelFunc
	done   chan struct{} // closed when run has ended

	mu   sync.Mutex
	sock *websocket.Conn // nil while there is none
	up   chan struct{}   // closed when sock is there
	subs map[signal.Namespace]string
	err  error // why run ended
}

type item struct {
	ns  signal.Namespace
	m   signal.Message
	err error
}

// Dial connects to the broker at url, a ws or wss URL. Its error is that of
// the first attempt; later ones are logged.
func Dial(ctx context.Context, url string, o signal.Options) (*Conn, error) {
	c := &Conn{
		url: url, o: &websocket.DialOptions{}, log: o.Log,
		secret: rand.Text(),
		queue:  make(chan item, queueLen),
		done:   make(chan struct{}),
		up:     make(chan struct{}),
		subs:   map[signal.Namespace]string{},
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if o.TLS != nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = o.TLS
		transport.ForceAttemptHTTP2 = false
		c.o.HTTPClient = &http.Client{Transport: transport}
	}
	sock, err := c.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("ws: %w", err)
	}
	run, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	go c.run(run, sock)
	return c, nil
}

func (c *Conn) open(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	sock, _, err := websocket.Dial(ctx, c.url, c.o)
	if err != nil {
		return nil, err
	}
	sock.SetReadLimit(signal.MaxFrame)
	return sock, nil
}

// run serves one socket after the other until Close.
func (c *Conn) run(ctx context.Context, sock *websocket.Conn) {
	defer close(c.done)
	for {
		err := c.serve(ctx, sock)
		_ = sock.CloseNow()
		if ctx.Err() == nil && websocket.CloseStatus(err) != StatusTakenOver {
			c.log.Info("signalling: the connection to the broker broke; connecting again", "err", err)
			sock, err = c.reopen(ctx)
		}
		if err != nil {
			c.end(err)
			return
		}
	}
}

func (c *Conn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = fmt.Errorf("ws: %w: %w", err, net.ErrClosed)
}

func (c *Conn) reopen(ctx context.Context) (*websocket.Conn, error) {
	for pause := firstBackoff; ; pause = min(2*pause, maxBackoff) {
		timer := time.NewTimer(pause/2 + mathrand.N(pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
		sock, err := c.open(ctx)
		if err == nil {
			c.log.Info("signalling: connected to the broker again")
			return sock, nil
		}
		c.log.Debug("signalling: no connection to the broker", "err", err)
	}
}

// serve subscribes anew and then reads from sock until it breaks.
func (c *Conn) serve(ctx context.Context, sock *websocket.Conn) error {
	c.mu.Lock()
	subs := maps.Clone(c.subs)
	c.sock = sock
	close(c.up)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.sock, c.up = nil, make(chan struct{})
	}()
	for ns, secret := range subs {
		if err := write(sock, subscription(ns, secret)); err != nil {
			return err
		}
	}

	ctx, cancel := context.WithCancel(ctx)
	var pinger sync.WaitGroup
	pinger.Go(func() { ping(ctx, sock) })
	defer pinger.Wait()
	defer cancel()
	for {
		if err := c.read(ctx, sock); err != nil {
			return err
		}
	}
}

func (c *Conn) read(ctx context.Context, sock *websocket.Conn) error {
	readCtx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	_, b, err := sock.Read(readCtx)
	if err != nil {
		return err
	}
	f, err := signal.ParseFrame(b)
	if err != nil {
		c.log.Debug("signalling: the broker sent what cannot be read", "err", err)
		return nil
	}
	var i item
	switch f.Op {
	case signal.OpPublish:
		i = item{ns: f.Namespaces[0], m: f.Message}
	case signal.OpRefuse:
		i = item{err: f.Err}
	default:
		return nil
	}
	select {
	case c.queue <- i:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func ping(ctx context.Context, sock *websocket.Conn) {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if write(sock, &signal.Frame{Op: signal.OpPing}) != nil {
				return
			}
		}
	}
}

func subscription(ns signal.Namespace, secret string) *signal.Frame {
	return &signal.Frame{Op: signal.OpSubscribe, Namespaces: []signal.Namespace{ns}, Secret: secret}
}

// write sends f within writeTimeout. It takes no context, as a context that
// ends closes the socket.
func write(sock *websocket.Conn, f *signal.Frame) error {
	b, err := f.Marshal()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	return sock.Write(ctx, websocket.MessageText, b)
}

// send writes f once there is a socket.
func (c *Conn) send(ctx context.Context, f *signal.Frame) error {
	for {
		c.mu.Lock()
		sock, up, err := c.sock, c.up, c.err
		c.mu.Unlock()
		if err != nil {
			return err
		}
		if sock != nil {
			if err := write(sock, f); err != nil {
				return fmt.Errorf("ws: %w", err)
			}
			return nil
		}
		select {
		case <-up:
		case <-c.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Subscribe is that of [signal.Conn]. It returns once the request is sent.
func (c *Conn) Subscribe(ctx context.Context, ns signal.Namespace, secret string) error {
	if secret == "" && ns.Direct() {
		secret = c.secret
	}
	c.mu.Lock()
	c.subs[ns] = secret
	c.mu.Unlock()
	return c.send(ctx, subscription(ns, secret))
}

// Unsubscribe is that of [signal.Conn]. It returns once the request is sent.
func (c *Conn) Unsubscribe(ctx context.Context, ns signal.Namespace) error {
	c.mu.Lock()
	delete(c.subs, ns)
	c.mu.Unlock()
	return c.send(ctx, &signal.Frame{Op: signal.OpUnsubscribe, Namespaces: []signal.Namespace{ns}})
}

// Publish is that of [signal.Conn]. It returns once m is sent.
func (c *Conn) Publish(ctx context.Context, ns signal.Namespace, m signal.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	return c.send(ctx, &signal.Frame{Namespaces: []signal.Namespace{ns}, Message: m})
}

// Receive is that of [signal.Conn].
func (c *Conn) Receive(ctx context.Context) (signal.Namespace, signal.Message, error) {
	select {
	case i := <-c.queue:
		return i.ns, i.m, i.err
	case <-ctx.Done():
		return "", signal.Message{}, ctx.Err()
	case <-c.done:
		c.mu.Lock()
		defer c.mu.Unlock()
		return "", signal.Message{}, c.err
	}
}

// Close is that of [signal.Conn]. It says goodbye to the broker, for a second
// at most.
func (c *Conn) Close() error {
	c.mu.Lock()
	if c.err == nil {
		c.err = fmt.Errorf("ws: %w: %w", errors.New("the peer left"), net.ErrClosed)
	}
	sock := c.sock
	c.mu.Unlock()
	if sock != nil {
		timer := time.AfterFunc(time.Second, c.cancel)
		_ = sock.Close(websocket.StatusNormalClosure, "")
		timer.Stop()
	}
	c.cancel()
	<-c.done
	return nil
}
