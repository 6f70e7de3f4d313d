package broker

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/memory"
)

const (
	// maxStrikes is how many frames over the rate are refused before the
	// client is closed. One is forgiven each second.
	maxStrikes = 200
	// costly is how many bytes of a frame count as one more.
	costly = 16 << 10
)

var errMisbehaved = errors.New("the client misbehaved")

// client joins one WebSocket to one connection of the exchange. One goroutine
// reads, another writes.
type client struct {
	broker  *Broker
	sock    *websocket.Conn
	conn    *memory.Conn
	bucket  *bucket     // frames
	strikes *bucket     // refused frames
	asking  atomic.Bool // the reader waits for another client's answer
}

// serve returns when both sides are closed.
func (c *client) serve(ctx context.Context) {
	c.sock.SetReadLimit(signal.MaxFrame)
	var writer sync.WaitGroup
	writer.Go(func() { c.write(ctx) })
	switch websocket.CloseStatus(c.read(ctx)) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway:
		_ = c.conn.Close()
	default:
		c.conn.Break()
	}
	_ = c.sock.CloseNow()
	writer.Wait()
}

// write passes on what the exchange has for this client.
func (c *client) write(ctx context.Context) {
	for {
		ns, m, err := c.conn.Receive(ctx)
		if err != nil {
			code, reason := closeCode(err)
			_ = c.sock.Close(code, reason)
			return
		}
		if err := c.send(ctx, &signal.Frame{Namespaces: []signal.Namespace{ns}, Message: m}); err != nil {
			if errors.Is(err, signal.ErrSyntax) {
				continue // it grew over the limit, by a few bytes of escapes
			}
			_ = c.sock.CloseNow()
			return
		}
	}
}

func (c *client) send(ctx context.Context, f *signal.Frame) error {
	b, err := f.Marshal()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.broker.o.Patience)
	defer cancel()
	return c.sock.Write(ctx, websocket.MessageText, b)
}

// read acts on the client's frames until it is gone, and says why.
func (c *client) read(ctx context.Context) error {
	for {
		readCtx, cancel := context.WithTimeout(ctx, c.broker.o.Idle)
		typ, b, err := c.sock.Read(readCtx)
		cancel()
		if err != nil {
			return err
		}
		if typ != websocket.MessageText {
			_ = c.sock.Close(websocket.StatusUnsupportedData, "frames are text")
			return errMisbehaved
		}
		if !c.bucket.take(1 + len(b)/costly) {
			if !c.strikes.take(1) {
				_ = c.sock.Close(websocket.StatusPolicyViolation, "too many frames")
				return errMisbehaved
			}
			err = &signal.Error{Code: signal.CodeLimit, Text: "too many frames a second"}
		} else {
			err = c.act(ctx, b)
		}
		if err := c.answer(ctx, err); err != nil {
			return err
		}
	}
}

// answer tells the client that it was refused. Any other error it returns,
// which ends the connection.
func (c *client) answer(ctx context.Context, err error) error {
	if refusal, ok := errors.AsType[*signal.Error](err); ok {
		return c.send(ctx, &signal.Frame{Op: signal.OpRefuse, Err: refusal})
	}
	return err
}

// act does what one frame asks.
func (c *client) act(ctx context.Context, b []byte) error {
	f, err := signal.ParseFrame(b)
	if err != nil {
		return err
	}
	switch f.Op {
	case signal.OpPing:
		return c.send(ctx, &signal.Frame{Op: signal.OpPong})
	case signal.OpSubscribe:
		for _, ns := range f.Namespaces {
			// What is refused of a list does not keep it from the rest.
			if err := c.answer(ctx, c.subscribe(ctx, ns, f.Secret)); err != nil {
				return err
			}
		}
	case signal.OpUnsubscribe:
		for _, ns := range f.Namespaces {
			if err := c.conn.Unsubscribe(ctx, ns); err != nil {
				return err
			}
		}
	case signal.OpPublish:
		return c.conn.Publish(ctx, f.Namespaces[0], f.Message)
	case signal.OpRefuse, signal.OpPong:
	}
	return nil
}

func (c *client) subscribe(ctx context.Context, ns signal.Namespace, secret string) error {
	err := c.conn.Subscribe(ctx, ns, secret)
	if !errors.Is(err, signal.ErrTaken) {
		return err
	}
	c.asking.Store(true)
	defer c.asking.Store(false)
	if !c.broker.lost(ctx, ns) {
		return err
	}
	return c.conn.Subscribe(ctx, ns, secret)
}

// bucket is a token bucket. It is used from one goroutine.
type bucket struct {
	rate, burst, level float64
	last               time.Time
}

func newBucket(rate, burst int) *bucket {
	return &bucket{rate: float64(rate), burst: float64(burst), level: float64(burst), last: time.Now()}
}

// take is true when there are n tokens, or as many as there can be.
func (b *bucket) take(n int) bool {
	now := time.Now()
	b.level = min(b.burst, b.level+now.Sub(b.last).Seconds()*b.rate)
	b.last = now
	cost := min(float64(n), b.burst)
	if b.level < cost {
		return false
	}
	b.level -= cost
	return true
}
