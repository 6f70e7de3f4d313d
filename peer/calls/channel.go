package calls

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/values"
)

// goodbyeWithin is how long the other peer has to take our last words.
const goodbyeWithin = time.Second

// Channel is the only data channel of a connection. That it closes ends the
// connection. Its methods may be called from any goroutine.
type Channel struct {
	life         *Life
	usable, gone latch // it is open, and closed

	mu sync.Mutex
	d  *webrtc.DataChannel
}

// NewChannel makes a channel that is not there yet.
func NewChannel(l *Life) *Channel {
	return &Channel{life: l, usable: newLatch(), gone: newLatch()}
}

// Use makes d the connection's channel, and calls opened when it is open. There
// is one; any other is closed, and Use is false.
func (c *Channel) Use(d *webrtc.DataChannel, opened func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.d != nil {
		d.OnOpen(func() { _ = d.Close() })
		return false
	}
	c.d = d
	d.OnOpen(func() {
		c.usable.set()
		opened()
	})
	d.OnClose(func() {
		c.gone.set()
		c.life.End(ErrHungUp)
	})
	return true
}

// Get is the data channel, or nil before it is there.
func (c *Channel) Get() *webrtc.DataChannel {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.d
}

// HangUp closes the channel, and gives the other peer time to see it. One that
// is about to open is waited for: what is closed before that, the other peer
// takes for a way that was never found.
func (c *Channel) HangUp() {
	timer := time.NewTimer(goodbyeWithin)
	defer timer.Stop()
	select {
	case <-c.usable.c:
	case <-c.gone.c:
		return
	case <-timer.C:
		return
	}
	d := c.Get()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for d.BufferedAmount() > 0 { // what was sent is to arrive
		select {
		case <-poll.C:
		case <-c.gone.c:
			return
		case <-timer.C:
			return
		}
	}
	if d.Close() != nil {
		return
	}
	select {
	case <-c.gone.c:
	case <-timer.C:
	}
}

// Data is a channel that carries values, which the pipe sends and receives.
type Data struct {
	*Channel
	pipe   *values.Pipe
	opened func()
}

// NewData makes one that is not there yet. opened is told whenever it shows that
// the channel is open: values may come before the event of that.
func NewData(l *Life, p *values.Pipe, opened func()) *Data {
	return &Data{Channel: NewChannel(l), pipe: p, opened: opened}
}

// Use makes d the connection's channel. There is one; any other is closed.
func (c *Data) Use(d *webrtc.DataChannel) {
	if c.Channel.Use(d, c.onOpen) {
		c.pipe.Use(d)
		d.OnMessage(c.onMessage)
	}
}

// onOpen tells a peer that is refused why, and ends.
func (c *Data) onOpen() {
	c.opened()
	l := c.life
	if !l.Refused() {
		return
	}
	l.Go(func() {
		ctx, cancel := context.WithTimeout(l.ctx, goodbyeWithin)
		defer cancel()
		if err := c.pipe.Send(ctx, l.reason); err != nil {
			l.log.Debug("a refused peer was not told why", "err", err)
		}
		l.End(ErrRefused)
	})
}

// onMessage waits while the application has not taken what came before, and
// with it the other peer.
func (c *Data) onMessage(m webrtc.DataChannelMessage) {
	l := c.life
	if l.ctx.Err() != nil || l.Refused() {
		return
	}
	c.opened()
	switch err := c.pipe.Take(m); {
	case errors.Is(err, ErrHungUp):
		l.End(ErrHungUp)
	case err != nil:
		l.End(fmt.Errorf("calls: what %q sends: %w", l.Remote, err))
	}
}
