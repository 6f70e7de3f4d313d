package calls

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// maxInbox bounds the signals that a connection has not acted on; what does not
// fit is dropped.
const maxInbox = 160

// The reasons why a connection ended that are no errors.
var (
	// ErrHungUp says that the other peer closed the connection.
	ErrHungUp = errors.New("calls: the other peer has closed the connection")
	// ErrRefused says that we have refused it.
	ErrRefused = errors.New("calls: refused")
)

// Life is what becomes of a connection. One that the other peer asks for rings,
// until it is accepted or refused; one of ours is accepted from the start. Its
// methods may be called from any goroutine.
type Life struct {
	Key
	// Outbound says that we have asked for the connection.
	Outbound bool

	began time.Time
	log   *slog.Logger

	ctx      context.Context // done when it is to end
	cancel   context.CancelCauseFunc
	aside    sync.WaitGroup // of Go
	inbox    chan Signal
	again    chan struct{} // Renegotiate was called; capacity one
	answered atomic.Bool

	decided latch // accepted or refused
	opened  latch
	up      latch // ICE and DTLS are connected
	failed  latch // they are not, or no longer
	done    latch // all is freed

	beingRefused bool // Table.mu guards it

	mu      sync.Mutex // held while it is decided
	refused bool
	reason  any // what a refused peer is told
}

// latch is a channel that is closed once.
type latch struct {
	c    chan struct{}
	once sync.Once
}

func newLatch() latch { return latch{c: make(chan struct{})} }

func (l *latch) set() { l.once.Do(func() { close(l.c) }) }

func (l *latch) isSet() bool {
	select {
	case <-l.c:
		return true
	default:
		return false
	}
}

// NewLife begins the life of a connection that we ask for, if outbound is true,
// or that the other peer does.
func NewLife(k Key, outbound bool, log *slog.Logger) *Life {
	l := &Life{
		Key: k, Outbound: outbound, began: time.Now(), log: log,
		inbox: make(chan Signal, maxInbox), again: make(chan struct{}, 1),
		decided: newLatch(), opened: newLatch(), up: newLatch(), failed: newLatch(), done: newLatch(),
	}
	l.ctx, l.cancel = context.WithCancelCause(context.Background())
	if outbound {
		l.decided.set()
	}
	l.answered.Store(!outbound)
	return l
}

// Context is done when the connection is to end. Its cause is why.
func (l *Life) Context() context.Context { return l.ctx }

// End has the connection end. The first reason stands.
func (l *Life) End(why error) { l.cancel(why) }

// Err is why the connection ends or has ended, and nil before.
func (l *Life) Err() error { return context.Cause(l.ctx) }

// Close has the connection end and waits until it has.
func (l *Life) Close() {
	l.End(net.ErrClosed)
	<-l.done.c
}

// Go runs f in a goroutine, for which Join waits.
func (l *Life) Go(f func()) { l.aside.Go(f) }

// Join waits until all has returned that Go runs.
func (l *Life) Join() { l.aside.Wait() }

// Finish says that the connection has ended and all is freed.
func (l *Life) Finish() { l.done.set() }

// Done is closed by Finish.
func (l *Life) Done() <-chan struct{} { return l.done.c }

// Accept lets a connection be made that rings. Before that, first is called,
// which must not call the Life. Accept is false for one that does not ring, or
// not any more.
func (l *Life) Accept(first func()) bool {
	return l.ctx.Err() == nil && l.decide(first)
}

// Refuse has a connection that rings be told the reason. It is made for that
// alone. One that does not ring is left as it is.
func (l *Life) Refuse(reason any) {
	l.decide(func() { l.refused, l.reason = true, reason })
}

func (l *Life) decide(how func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.decided.isSet() {
		return false
	}
	how()
	l.decided.set()
	return true
}

// Refused is true for a connection that we have refused.
func (l *Life) Refused() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

// Ring waits until the connection is accepted or refused. It is false when it
// is to end before, or when that takes too long, which is a [Failure].
func (l *Life) Ring(within time.Duration) (decided bool, err error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-l.decided.c:
		return true, nil
	case <-l.ctx.Done():
		return false, nil
	case <-timer.C:
		return false, Failure("nobody has answered")
	}
}

// Open notes that the connection is usable. The first time it calls tell, unless
// the connection was refused; others wait until that has returned.
func (l *Life) Open(tell func()) {
	l.opened.once.Do(func() {
		close(l.opened.c)
		if !l.Refused() {
			tell()
		}
	})
}

// Opened is true since Open, also when the connection has ended meanwhile.
func (l *Life) Opened() bool { return l.opened.isSet() }

// SetAnswered notes that the other peer has taken our offer.
func (l *Life) SetAnswered() { l.answered.Store(true) }

// Answered is true since SetAnswered, and for what the other peer asks for.
func (l *Life) Answered() bool { return l.answered.Load() }

// Wait waits until a connection of ours is open. One that does not come to be
// until ctx is done is ended by end.
func (l *Life) Wait(ctx context.Context, end func(why error)) error {
	select {
	case <-l.opened.c:
		return nil
	case <-l.ctx.Done():
	case <-ctx.Done():
		end(ctx.Err())
	}
	<-l.done.c
	return l.Err()
}

// Deliver queues what the other peer has said.
func (l *Life) Deliver(s Signal) {
	select {
	case l.inbox <- s:
	default:
		l.log.Debug("a message was dropped: too many at a time")
	}
}

// Renegotiate has another offer made.
func (l *Life) Renegotiate() {
	select {
	case l.again <- struct{}{}:
	default:
	}
}
