package channel

import (
	"context"
	"errors"
	"sync"
	"unicode/utf8"
)

var (
	// ErrTooLong is the error of sending more than [MaxMessage] bytes.
	ErrTooLong = errors.New("the message is too long")
	// ErrDropped is the error of sending on an unreliable channel while
	// [Options.MaxBuffered] bytes wait for the network. Nothing was sent, and
	// the next message may pass.
	ErrDropped = errors.New("the message was dropped")
	// ErrNotUTF8 is the error of sending text that is none.
	ErrNotUTF8 = errors.New("the text is not UTF-8")
)

// buffers are for one chunk with its header each. They are used again as soon
// as Raw.Send has returned: pion copies what it sends (packetize in
// sctp/stream.go).
var buffers = sync.Pool{New: func() any { return new([headerSize + maxChunk]byte) }}

// Send sends data, which stays the caller's.
//
// On a reliable channel it waits until all of it is with the network, which
// takes as long as the other side's application needs to read: the context
// limits that. A message that is given up halfway does not arrive. On an
// unreliable channel it never waits: it sends, or returns [ErrDropped].
func (c *Channel) Send(ctx context.Context, data []byte) error {
	return c.send(ctx, "send", header{kind: kindBytes}, data, nil)
}

// SendText is like [Channel.Send] for text, which must be UTF-8.
func (c *Channel) SendText(ctx context.Context, text string) error {
	if !utf8.ValidString(text) {
		return c.wrap("send", ErrNotUTF8)
	}
	return c.send(ctx, "send", header{kind: kindText}, []byte(text), nil)
}

// send sends one message and wraps its error. h has its kind, and its number
// if that is a request's. request is to be registered when there is one.
func (c *Channel) send(ctx context.Context, operation string, h header, data []byte, request *call) error {
	err := c.sendWhole(ctx, h, data, request)
	if err != nil {
		return c.wrap(operation, err)
	}
	return nil
}

func (c *Channel) sendWhole(ctx context.Context, h header, data []byte, request *call) error {
	if len(data) > MaxMessage {
		return ErrTooLong
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// The chunks of a message follow each other. On an unreliable channel
	// the turn is a short one, since nobody waits for anything within it.
	select {
	case c.turn <- struct{}{}:
	case <-c.done:
		return c.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.turn }()

	buffer := buffers.Get().(*[headerSize + maxChunk]byte)
	defer buffers.Put(buffer)
	h.count = uint16(max(1, (len(data)+maxChunk-1)/maxChunk))
	for ; h.index < h.count; h.index++ {
		chunk := data[:min(maxChunk, len(data))]
		data = data[len(chunk):]
		if err := c.makeRoom(ctx, h, len(chunk)); err != nil {
			return err
		}
		if h.index == 0 {
			h.number = c.begin(h, request)
		}
		if err := c.raw.Send(append(h.append(buffer[:0]), chunk...)); err != nil {
			c.fail(err)
			return c.Err()
		}
	}
	return nil
}

// begin returns the number of a message whose first chunk can be sent now. A
// request must be known before its answer can come.
func (c *Channel) begin(h header, request *call) uint32 {
	if isAnswer(h.kind) {
		return h.number
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	if request != nil {
		request.number = c.number
		c.calls.add(request)
	}
	return c.number
}

// makeRoom returns when a chunk of n bytes may be sent. The caller has the
// turn.
func (c *Channel) makeRoom(ctx context.Context, h header, n int) error {
	if c.o.Mode == Unreliable {
		if h.index == 0 && c.raw.BufferedAmount() >= uint64(c.o.MaxBuffered) {
			return ErrDropped
		}
		return c.Err()
	}
	for {
		if c.raw.BufferedAmount() < uint64(c.o.MaxBuffered) {
			if ok, err := c.spend(uint32(n + overhead)); ok || err != nil {
				return err
			}
		}
		// Between the look and the wait a token may have come: it stays.
		if err := c.wait(ctx, c.room); err != nil {
			return err
		}
	}
}

// spend counts a chunk as sent if the other side's credit allows it.
func (c *Channel) spend(cost uint32) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false, c.err
	}
	if c.sent-c.theirs+cost > window {
		return false, nil
	}
	c.sent += cost
	return true, nil
}

// credit hears how much the other side has taken.
func (c *Channel) credit(taken uint32) error {
	if c.o.Mode == Unreliable {
		return violation("credit on an unreliable channel")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if open := c.sent - c.theirs; taken-c.theirs > open {
		return violation("credit for %d when %d were sent and %d taken", taken, c.sent, c.theirs)
	}
	c.theirs = taken
	wake(c.room)
	return nil
}
