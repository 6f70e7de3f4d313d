package engineio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// dialTimeout is how long a server may take to open a session.
	dialTimeout = 20 * time.Second
	// clientQueue is how many messages wait to be written to a server, and
	// clientBytes how long they may be together.
	clientQueue = 4096
	clientBytes = 32 << 20
)

// The bounds of what a server may ask for as its times.
const (
	leastPing = 100 * time.Millisecond
	mostPing  = 10 * time.Minute
)

// ErrFull says that a server does not read what it is sent.
var ErrFull = errors.New("engineio: too much waits for the server")

// DialOptions says how a [Client] connects. The zero value is ready to use.
type DialOptions struct {
	// HTTP makes the connection. Nil means [http.DefaultClient].
	HTTP *http.Client
	// MaxMessage is how long a message of the server's may be in bytes. Zero
	// means 1 MiB.
	MaxMessage int
}

// Client is a session at a server, over a WebSocket. Its methods may be called
// from any goroutine, Receive from one at a time.
type Client struct {
	conn   *websocket.Conn
	ctx    context.Context // done when it has ended
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
	pongs  chan struct{} // capacity one
	every  time.Duration
	late   time.Duration

	mu    sync.Mutex
	queue []Message
	bytes int
	more  chan struct{} // capacity one
}

// Dial opens a session at a server's URL, http or https, whose query it
// completes.
func Dial(ctx context.Context, address string, o DialOptions) (*Client, error) {
	if o.MaxMessage <= 0 {
		o.MaxMessage = 1 << 20
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("engineio: %w", err)
	}
	q := u.Query()
	q.Set("EIO", "3")
	q.Set("transport", "websocket")
	u.RawQuery = q.Encode()
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{HTTPClient: o.HTTP})
	if err != nil {
		return nil, fmt.Errorf("engineio: %w", withoutURL(err))
	}
	conn.SetReadLimit(int64(o.MaxMessage) + 1)
	c := &Client{conn: conn, pongs: make(chan struct{}, 1), more: make(chan struct{}, 1)}
	if err := c.open(ctx); err != nil {
		_ = conn.CloseNow()
		return nil, fmt.Errorf("engineio: %w", err)
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	context.AfterFunc(c.ctx, func() {
		if !errors.Is(context.Cause(c.ctx), ErrByClient) {
			_ = conn.CloseNow() // and Receive returns
		}
	})
	c.wg.Go(c.write)
	c.wg.Go(c.ping)
	return c, nil
}

// withoutURL leaves out the URL, whose query may have what is secret.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// open reads the server's first packet.
func (c *Client) open(ctx context.Context) error {
	kind, b, err := c.conn.Read(ctx)
	if err != nil {
		return err
	}
	p, err := parseText(b)
	if err != nil || kind != websocket.MessageText || p.kind != kindOpen || p.Binary {
		return errors.New("the server does not open a session")
	}
	var said struct{ PingInterval, PingTimeout int64 }
	if err := json.Unmarshal(p.Data, &said); err != nil {
		return fmt.Errorf("the server opens a session: %w", err)
	}
	c.every, c.late = sane(said.PingInterval), sane(said.PingTimeout)
	return nil
}

// sane is a time in milliseconds that a timer can have.
func sane(ms int64) time.Duration {
	return min(max(time.Duration(min(ms, mostPing.Milliseconds()))*time.Millisecond, leastPing), mostPing)
}

// Send queues messages, which it keeps, without waiting: all or none of them.
// The error is [ErrFull] or [net.ErrClosed].
func (c *Client) Send(messages ...Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, m := range messages {
		n += len(m.Data)
	}
	switch {
	case c.ctx.Err() != nil:
		return net.ErrClosed
	case len(c.queue)+len(messages) > clientQueue || c.bytes > 0 && c.bytes+n > clientBytes:
		return ErrFull
	}
	c.queue = append(c.queue, messages...)
	c.bytes += n
	wake(c.more)
	return nil
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// write writes what is queued until the session ends, and then what is left.
func (c *Client) write() {
	for {
		c.mu.Lock()
		queue := c.queue
		c.queue = nil
		c.mu.Unlock()
		for _, m := range queue {
			if err := c.put(packet{kindMessage, m}); err != nil {
				c.cancel(err)
				return
			}
			c.mu.Lock()
			c.bytes -= len(m.Data)
			c.mu.Unlock()
		}
		if len(queue) > 0 {
			continue
		}
		select {
		case <-c.more:
		case <-c.ctx.Done():
			if !errors.Is(context.Cause(c.ctx), ErrByClient) {
				return
			}
			c.mu.Lock()
			left := len(c.queue)
			c.mu.Unlock()
			if left == 0 {
				return
			}
		}
	}
}

// put writes a packet. It may be called from several goroutines.
func (c *Client) put(p packet) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if p.Binary {
		return c.conn.Write(ctx, websocket.MessageBinary, p.appendBinary(nil))
	}
	return c.conn.Write(ctx, websocket.MessageText, p.appendText(nil))
}

// ping asks the server whether it is there, and ends the session when it does
// not say so.
func (c *Client) ping() {
	timer := time.NewTimer(c.every)
	defer timer.Stop()
	for asked := false; ; {
		select {
		case <-c.ctx.Done():
			return
		case <-c.pongs:
			asked = false
			timer.Reset(c.every)
			continue
		case <-timer.C:
		}
		if asked {
			c.cancel(errors.New("the server does not answer"))
			return
		}
		if err := c.put(packet{kind: kindPing}); err != nil {
			c.cancel(err)
			return
		}
		asked = true
		timer.Reset(c.late)
	}
}

// Receive returns the next message. It waits for one until ctx is done, which
// ends the session, or that has ended; [ErrByServer] says that the server did.
func (c *Client) Receive(ctx context.Context) (Message, error) {
	for {
		m, ok, err := c.receive(ctx)
		if err != nil && c.ctx.Err() != nil {
			err = context.Cause(c.ctx)
		}
		if err != nil {
			return Message{}, fmt.Errorf("engineio: receive: %w", err)
		}
		if ok {
			return m, nil
		}
	}
}

// receive reads a packet, and is true for a message.
func (c *Client) receive(ctx context.Context) (Message, bool, error) {
	kind, b, err := c.conn.Read(ctx)
	if websocket.CloseStatus(err) != -1 {
		err = ErrByServer
	}
	if err != nil {
		return Message{}, false, err
	}
	parse := parseText
	if kind == websocket.MessageBinary {
		parse = parseBinary
	}
	p, err := parse(b)
	if err != nil {
		return Message{}, false, err
	}
	switch p.kind {
	case kindMessage:
		return p.Message, true, nil
	case kindClose:
		return Message{}, false, ErrByServer
	case kindPong:
		wake(c.pongs)
	case kindPing:
		err = c.put(packet{kindPong, Message{Data: p.Data}})
	}
	return Message{}, false, err
}

// Close ends the session once what was sent is written, and waits for that.
// The second call only waits.
func (c *Client) Close() error {
	c.cancel(ErrByClient)
	c.wg.Wait()
	if errors.Is(context.Cause(c.ctx), ErrByClient) {
		_ = c.put(packet{kind: kindClose}) // who does not take it notices the end below
	}
	_ = c.conn.Close(websocket.StatusNormalClosure, "")
	return nil
}
