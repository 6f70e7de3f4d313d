package channel

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Mode says what a channel does about loss.
type Mode string

// The modes of channels, as they are named on the wire.
const (
	Reliable   Mode = "reliable"   // ordered, everything arrives
	Unreliable Mode = "unreliable" // unordered, without retransmission
)

// Raw is the data channel that a [Channel] sends on. *webrtc.DataChannel is
// one; it must be open. That is also why it has more than four methods.
//
// Its methods are called from any goroutine, must not block, and must not call
// back into the Channel.
type Raw interface {
	// Send sends one binary message, and keeps no part of b.
	Send(b []byte) error
	// BufferedAmount is how many bytes were sent and have not left.
	BufferedAmount() uint64
	// SetBufferedAmountLowThreshold sets how few of them are few.
	SetBufferedAmountLowThreshold(bytes uint64)
	// OnBufferedAmountLow sets what is called when BufferedAmount falls to
	// the threshold.
	OnBufferedAmountLow(f func())
	// Close closes the data channel in both directions.
	Close() error
}

// Options are what a [Channel] may be told. The zero value works.
type Options struct {
	Label string // for errors, and for the application
	Mode  Mode   // Reliable when empty
	// Budget is shared by the channels of a connection. The default is one of
	// this channel's own.
	Budget *Budget
	// MaxRequests is how many of our requests are under way, 256 when 0.
	MaxRequests int
	// MaxBuffered is how many bytes may wait for the network before Send
	// does, 1 MiB when 0. Pion counts what is not acknowledged, so it is also
	// the most that is sent in a round trip; and what waits here delays, in
	// most browsers, what is sent on other channels.
	MaxBuffered int
}

const (
	defaultMaxRequests = 256
	defaultMaxBuffered = 1 << 20
	// defaultRequestTimeout is for a request whose context has no deadline.
	defaultRequestTimeout = 30 * time.Second
)

func (o Options) withDefaults() Options {
	if o.Mode == "" {
		o.Mode = Reliable
	}
	if o.Budget == nil {
		o.Budget = NewBudget(0)
	}
	if o.MaxRequests <= 0 {
		o.MaxRequests = defaultMaxRequests
	}
	if o.MaxBuffered <= 0 {
		o.MaxBuffered = defaultMaxBuffered
	}
	return o
}

// Channel carries messages both ways over one data channel. Its methods may be
// called from any goroutine, but for [Channel.Receive].
//
// It is ended by [Channel.Close], by its other side, or by a breach of the
// protocol. What arrived before can still be taken, unless Close was called.
// Close gives back what it holds of the budget, so it is always called.
type Channel struct {
	raw  Raw
	o    Options
	done chan struct{} // closed when err is set

	turn   chan struct{} // holds a token while a message is being sent
	room   chan struct{} // a token: there may be more room to send now
	slots  chan struct{} // a token for each request under way
	arrive chan struct{} // a token: messages may be waiting

	mu     sync.Mutex
	err    error
	closed bool // by Close
	number uint32
	sent   uint32 // counted as credit is
	theirs uint32 // what they have taken, by their credit
	calls  calls

	in       assembler
	waiting  queue
	held     int    // counted: not taken, and for an unreliable channel whole
	taken    uint32 // counted
	credited uint32 // what of it they know
	telling  bool   // a goroutine is sending credit
}

// New makes a Channel of a data channel that is open. It starts nothing. The
// owner hands it what arrives by [Channel.Receive], from then on, and tells it
// of its end by [Channel.Closed].
func New(raw Raw, o Options) *Channel {
	o = o.withDefaults()
	c := &Channel{
		raw:    raw,
		o:      o,
		done:   make(chan struct{}),
		turn:   make(chan struct{}, 1),
		room:   make(chan struct{}, 1),
		slots:  make(chan struct{}, o.MaxRequests),
		arrive: make(chan struct{}, 1),
	}
	c.in.budget, c.in.reliable = o.Budget, o.Mode == Reliable
	raw.SetBufferedAmountLowThreshold(uint64(o.MaxBuffered) / 2)
	raw.OnBufferedAmountLow(func() { wake(c.room) })
	return c
}

// Label is that of the options.
func (c *Channel) Label() string { return c.o.Label }

// Mode is that of the options.
func (c *Channel) Mode() Mode { return c.o.Mode }

// Done is closed when the channel has ended. Messages may still be waiting.
func (c *Channel) Done() <-chan struct{} { return c.done }

// Err is nil until the channel has ended. Then it is io.EOF when the other
// side closed it, net.ErrClosed after [Channel.Close], an [ErrProtocol], or
// what [Channel.Closed] was told.
func (c *Channel) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close closes the data channel and forgets what waits. Everything that waits
// on the channel returns. Further calls do nothing.
func (c *Channel) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	open := c.err == nil
	c.endLocked(net.ErrClosed)
	for {
		m, ok := c.waiting.pop()
		if !ok {
			break
		}
		c.o.Budget.give(m.cost)
	}
	c.mu.Unlock()
	if !open {
		return nil // so is the data channel
	}
	if err := c.raw.Close(); err != nil {
		return c.wrap("close", err)
	}
	return nil
}

// Closed is told by the owner that the data channel has closed, with the
// reason; nil means that the other side closed it.
func (c *Channel) Closed(err error) {
	if err == nil {
		err = io.EOF
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endLocked(err)
}

// fail ends the channel for err and closes the data channel.
func (c *Channel) fail(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.endLocked(err)
	c.mu.Unlock()
	_ = c.raw.Close() // err tells more
}

// endLocked sets why the channel ended, the first time, and lets go of
// messages that will never be whole. c.mu is held.
func (c *Channel) endLocked(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	c.in.reset()
	close(c.done)
}

// wrap says which channel err is about, and what was done.
func (c *Channel) wrap(operation string, err error) error {
	return fmt.Errorf("channel %q: %s: %w", c.o.Label, operation, err)
}

// wait returns when there is a token on ready, the channel has ended or ctx is
// done; the latter two are errors.
func (c *Channel) wait(ctx context.Context, ready <-chan struct{}) error {
	select {
	case <-ready:
		return nil
	case <-c.done:
		return c.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wake leaves a token on c, if there is none.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
