package broker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/memory"
)

const (
	// writeTimeout is how long a client may not read.
	writeTimeout = 5 * time.Second
	// idleTimeout is three times the pings of Peerix clients.
	idleTimeout = 100 * time.Second
	// maxExcess is how many frames over the rate are refused before the
	// client is closed.
	maxExcess = 200
)

var errMisbehaved = errors.New("the client misbehaved")

// client joins one WebSocket to one connection of the exchange. One goroutine
// reads, another writes.
type client struct {
	broker *Broker
	sock   *websocket.Conn
	conn   *memory.Conn
	bucket *bucket
	excess int
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
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return c.sock.Write(ctx, websocket.MessageText, b)
}

// read acts on the client's frames until it is gone, and says why.
func (c *client) read(ctx context.Context) error {
	for {
		readCtx, cancel := context.WithTimeout(ctx, idleTimeout)
		typ, b, err := c.sock.Read(readCtx)
		cancel()
		if err != nil {
			return err
		}
		if typ != websocket.MessageText {
			_ = c.sock.Close(websocket.StatusUnsupportedData, "frames are text")
			return errMisbehaved
		}
		if err := c.act(ctx, b); err != nil {
			refusal, ok := errors.AsType[*signal.Error](err)
			if !ok {
				return err
			}
			if err := c.send(ctx, &signal.Frame{Op: signal.OpRefuse, Err: refusal}); err != nil {
				return err
			}
		}
		if c.excess > maxExcess {
			_ = c.sock.Close(websocket.StatusPolicyViolation, "too many frames")
			return errMisbehaved
		}
	}
}

// act does what one frame asks. An error that is no *signal.Error ends the
// connection.
func (c *client) act(ctx context.Context, b []byte) error {
	if !c.bucket.take() {
		c.excess++
		return &signal.Error{Code: signal.CodeLimit, Text: "too many frames a second"}
	}
	f, err := signal.ParseFrame(b)
	if err != nil {
		return err
	}
	switch f.Op {
	case signal.OpPing:
		return c.send(ctx, &signal.Frame{Op: signal.OpPong})
	case signal.OpSubscribe:
		for _, ns := range f.Namespaces {
			if err := c.conn.Subscribe(ctx, ns, f.Secret); err != nil {
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

// bucket is a token bucket. It is used from one goroutine.
type bucket struct {
	rate, burst, level float64
	last               time.Time
}

func newBucket(rate, burst int) *bucket {
	return &bucket{rate: float64(rate), burst: float64(burst), level: float64(burst), last: time.Now()}
}

// take is true when there is a token for one more.
func (b *bucket) take() bool {
	now := time.Now()
	b.level = min(b.burst, b.level+now.Sub(b.last).Seconds()*b.rate)
	b.last = now
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}
