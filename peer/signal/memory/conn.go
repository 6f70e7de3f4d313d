package memory

import (
	"context"
	"errors"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// Conn is a peer's connection to a [Bus]. It is a [signal.Conn] whose
// refusals come at once, as the error of the method.
type Conn struct {
	bus   *Bus
	addr  string
	queue chan delivery
	done  chan struct{}

	// The bus's mutex guards the rest.
	err  error             // why it is closed
	ids  map[string]string // by room, who this is there
	subs map[signal.Namespace]struct{}

	waiting map[*Conn]load // by sender, what is in queue
	bytes   int            // of all senders
}

// Subscribe is that of [signal.Conn].
func (c *Conn) Subscribe(_ context.Context, ns signal.Namespace, secret string) error {
	return c.bus.subscribe(c, ns, secret)
}

// Unsubscribe is that of [signal.Conn]. A claim is given up at once.
func (c *Conn) Unsubscribe(_ context.Context, ns signal.Namespace) error {
	c.bus.mu.Lock()
	defer c.bus.mu.Unlock()
	c.bus.unsubscribe(c, ns, false)
	return c.err
}

// Publish is that of [signal.Conn]. It never blocks.
func (c *Conn) Publish(_ context.Context, ns signal.Namespace, m signal.Message) error {
	return c.bus.publish(c, ns, m)
}

// Receive is that of [signal.Conn].
func (c *Conn) Receive(ctx context.Context) (signal.Namespace, signal.Message, error) {
	select {
	case d := <-c.queue:
		c.bus.received(c, d)
		return d.ns, d.m, nil
	case <-c.done:
		return "", signal.Message{}, c.reason()
	case <-ctx.Done():
		return "", signal.Message{}, ctx.Err()
	}
}

// Done is closed when the connection is.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Close is that of [signal.Conn]. The peer leaves, and its claims are free.
func (c *Conn) Close() error {
	c.bus.mu.Lock()
	defer c.bus.mu.Unlock()
	c.bus.drop(c, errors.New("the peer left"), false)
	return nil
}

// Break closes the connection as Close does, but keeps its claims reserved:
// the peer was lost, and may come back.
func (c *Conn) Break() {
	c.bus.mu.Lock()
	defer c.bus.mu.Unlock()
	c.bus.drop(c, errors.New("the peer was lost"), true)
}

func (c *Conn) reason() error {
	c.bus.mu.Lock()
	defer c.bus.mu.Unlock()
	return c.err
}
