package streams

import (
	"context"
	"sync"
	"time"
)

// alarm cuts short a capture's wait for change: when a time has passed, and
// when something else is wanted. It costs nothing per frame while the picture
// moves, which a context with a deadline for each frame would.
type alarm struct {
	parent  context.Context
	changed <-chan struct{}

	mu     sync.Mutex
	at     time.Time // when to ring
	ctx    context.Context
	cancel context.CancelFunc
	reset  chan struct{} // at moved closer
}

func newAlarm(parent context.Context, changed <-chan struct{}) *alarm {
	a := &alarm{parent: parent, changed: changed, reset: make(chan struct{}, 1)}
	a.ctx, a.cancel = context.WithCancel(parent)
	return a
}

// set returns a context that is cancelled once the time has passed or
// something is wanted. It stays so, for later calls too, until stop.
func (a *alarm) set(after time.Duration) context.Context {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := time.Now().Add(after)
	if a.at.IsZero() || at.Before(a.at) {
		signal(a.reset)
	}
	a.at = at
	return a.ctx
}

// stop ends a ring, once it was heard.
func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cancel()
	a.ctx, a.cancel = context.WithCancel(a.parent)
}

// run rings until the parent context is done.
func (a *alarm) run() {
	t := time.NewTimer(time.Hour)
	defer t.Stop()
	for {
		select {
		case <-a.changed:
			a.ring()
		case <-t.C:
			if a.left() <= 0 {
				a.ring()
			}
		case <-a.reset:
		case <-a.parent.Done():
			return
		}
		t.Reset(max(a.left(), time.Millisecond))
	}
}

func (a *alarm) left() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.at.IsZero() {
		return time.Hour
	}
	return time.Until(a.at)
}

func (a *alarm) ring() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = time.Time{}
	a.cancel()
}
