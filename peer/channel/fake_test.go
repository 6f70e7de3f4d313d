package channel_test

import (
	"bytes"
	"io"
	"sync"
	"testing"

	"github.com/causeway-rtc/causeway/peer/channel"
)

// link is one direction of a data channel in memory: what one side sends
// waits, and a goroutine hands it to the other.
type link struct {
	to *channel.Channel

	// lose says what never arrives, and late what arrives after what is sent
	// next. They are called one at a time and may be nil.
	lose, late func(msg []byte) bool

	mu        sync.Mutex
	queue     [][]byte
	buffered  uint64
	threshold uint64
	low       func()
	stopped   bool // nothing leaves
	closed    bool
	wake      chan struct{}
}

func (l *link) Send(b []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return io.ErrClosedPipe
	}
	l.queue = append(l.queue, bytes.Clone(b))
	l.buffered += uint64(len(b))
	l.poke()
	return nil
}

func (l *link) BufferedAmount() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffered
}

func (l *link) SetBufferedAmountLowThreshold(n uint64) { l.threshold = n }
func (l *link) OnBufferedAmountLow(f func())           { l.low = f }

func (l *link) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.poke()
	return nil
}

// stop holds back what is sent, or lets it go.
func (l *link) stop(stopped bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = stopped
	l.poke()
}

func (l *link) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// next takes what is to be handed over; false means that it waits.
func (l *link) next() (b []byte, low func(), closed, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed && (l.stopped || len(l.queue) == 0) {
		return nil, nil, true, true
	}
	if l.stopped || len(l.queue) == 0 {
		return nil, nil, false, false
	}
	b, l.queue = l.queue[0], l.queue[1:]
	before := l.buffered
	l.buffered -= uint64(len(b))
	if before > l.threshold && l.buffered <= l.threshold {
		low = l.low
	}
	return b, low, false, true
}

// run hands over until the link is closed.
func (l *link) run() {
	var delayed [][]byte
	for {
		b, low, closed, ok := l.next()
		switch {
		case closed:
			l.to.Closed(nil)
			return
		case !ok:
			<-l.wake
			continue
		}
		if low != nil {
			low()
		}
		if l.lose != nil && l.lose(b) {
			continue
		}
		if l.late != nil && l.late(b) {
			delayed = append(delayed, b)
			continue
		}
		l.to.Receive(b)
		for _, b := range delayed {
			l.to.Receive(b)
		}
		delayed = nil
	}
}

// pair is a channel's two ends in memory. ab is what a sends. Closing one
// closes the other.
type pair struct {
	a, b   *channel.Channel
	ab, ba *link
}

func newPair(t *testing.T, o channel.Options) *pair {
	t.Helper()
	p := &pair{ab: &link{wake: make(chan struct{}, 1)}, ba: &link{wake: make(chan struct{}, 1)}}
	p.a, p.b = channel.New(both{p.ab, p.ba}, o), channel.New(both{p.ba, p.ab}, o)
	p.ab.to, p.ba.to = p.b, p.a
	return p
}

// start lets messages flow until the test is over.
func (p *pair) start(t *testing.T) {
	var running sync.WaitGroup
	running.Go(p.ab.run)
	running.Go(p.ba.run)
	t.Cleanup(func() {
		for _, c := range []*channel.Channel{p.a, p.b} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		running.Wait()
	})
}

// both closes a data channel's two directions at once.
type both struct {
	*link
	back *link
}

func (b both) Close() error {
	_ = b.link.Close()
	return b.back.Close()
}
