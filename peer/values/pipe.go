package values

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	// MaxFrame is the longest message that is sent or taken on a data channel,
	// in bytes, which is what browsers take.
	MaxFrame = 256 << 10
	// maxBuffered is how much may wait for the network before a sender waits,
	// in bytes, and lowBuffered how much is left when it goes on.
	maxBuffered = 8 << 20
	lowBuffered = maxBuffered / 2
	// bufferPoll is how often a sender looks, whatever it is told.
	bufferPoll = 50 * time.Millisecond
)

// ErrTooLong is wrapped by the error of sending what is longer than one message
// may be.
var ErrTooLong = errors.New("too long for one message")

// Pipe carries the values of one data channel. Its methods may be called from
// any goroutine, but for those that say so.
type Pipe struct {
	ctx        context.Context // done when the connection has ended
	serializer Serializer
	received   queue
	pending    int           // bytes since the last whole value; of the reader
	sending    chan struct{} // held by who sends
	waiting    atomic.Int64
	low        chan struct{} // capacity one

	mu      sync.Mutex
	channel *webrtc.DataChannel // nil before Use
}

// NewPipe makes a pipe for values that s writes and reads. It has ended when
// ctx is done, whose cause is why. Of values that were not received no more
// than maxValue bytes wait, or one.
func NewPipe(ctx context.Context, s Serializer, maxValue int) *Pipe {
	p := &Pipe{ctx: ctx, serializer: s, sending: make(chan struct{}, 1), low: make(chan struct{}, 1)}
	p.received.init(maxValue)
	return p
}

// Use has values sent on d. It is called once, before anything is sent.
func (p *Pipe) Use(d *webrtc.DataChannel) {
	d.SetBufferedAmountLowThreshold(lowBuffered)
	d.OnBufferedAmountLow(func() { wake(p.low) })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.channel = d
}

// Take takes a message that has come, on the goroutine of the channel. It waits
// while the application has not taken what came before, and with it the other
// peer. The error is the serializer's.
func (p *Pipe) Take(m webrtc.DataChannelMessage) error {
	p.pending += len(m.Data)
	values, err := p.serializer.Unpack(Frame{Data: m.Data, Text: m.IsString})
	for _, v := range values {
		if !p.received.push(p.ctx, v, p.pending) {
			return nil
		}
		p.pending = 0
	}
	return err
}

// Receive returns the next value, whose type is that of the serializer. It
// waits for one; after the end it returns what has come before, and then the
// end's cause.
func (p *Pipe) Receive(ctx context.Context) (any, error) { return p.received.pop(ctx, p.ctx) }

// Send sends a value, and waits while too much is on its way, or another value
// is being sent. A value that is given up half-way because ctx is done stays
// half in the other peer's memory. The error is the serializer's, wraps
// [ErrTooLong], is that of ctx, or [net.ErrClosed].
func (p *Pipe) Send(ctx context.Context, v any) error {
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	if err := p.lock(ctx); err != nil {
		return err
	}
	defer func() { <-p.sending }()
	frames, err := p.serializer.Pack(v)
	if err != nil {
		return err
	}
	return p.write(ctx, frames)
}

// Write sends frames that are no value, after the values before. The errors are
// those of Send.
func (p *Pipe) Write(ctx context.Context, frames []Frame) error {
	if err := p.lock(ctx); err != nil {
		return err
	}
	defer func() { <-p.sending }()
	return p.write(ctx, frames)
}

func (p *Pipe) lock(ctx context.Context) error {
	select {
	case p.sending <- struct{}{}:
		return nil
	case <-p.ctx.Done():
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Pipe) write(ctx context.Context, frames []Frame) error {
	p.mu.Lock()
	channel := p.channel
	p.mu.Unlock()
	for _, f := range frames {
		if len(f.Data) > MaxFrame {
			return fmt.Errorf("%w: %d bytes, where the limit is %d", ErrTooLong, len(f.Data), MaxFrame)
		}
		if err := p.drain(ctx, channel); err != nil {
			return err
		}
		send := channel.Send
		if f.Text {
			send = func(b []byte) error { return channel.SendText(string(b)) }
		}
		if err := send(f.Data); err != nil {
			if p.ctx.Err() != nil {
				err = net.ErrClosed
			}
			return err
		}
	}
	return nil
}

// drain waits until there is room in the channel's buffer.
func (p *Pipe) drain(ctx context.Context, channel *webrtc.DataChannel) error {
	switch {
	case p.ctx.Err() != nil || channel == nil:
		return net.ErrClosed
	case ctx.Err() != nil:
		return ctx.Err()
	case channel.BufferedAmount() <= maxBuffered:
		return nil
	}
	poll := time.NewTicker(bufferPoll)
	defer poll.Stop()
	for channel.BufferedAmount() > lowBuffered {
		select {
		case <-p.low:
		case <-poll.C:
		case <-p.ctx.Done():
			return net.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Waiting is how many values wait in Send.
func (p *Pipe) Waiting() int { return int(p.waiting.Load()) }

// Buffered is how many bytes were sent that the network has not taken.
func (p *Pipe) Buffered() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.channel == nil {
		return 0
	}
	return int(p.channel.BufferedAmount())
}
