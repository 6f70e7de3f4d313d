package streams

import (
	"context"
	"sync"

	"github.com/causeway-rtc/causeway/capture"
)

// cursorHub keeps the pointer's latest state for those who watch it. The zero
// value is ready.
type cursorHub struct {
	mu       sync.Mutex
	known    bool
	last     capture.Cursor // with the latest shape
	watchers map[*cursorWatcher]struct{}
}

// cursorWatcher is woken at each change. It sees the latest state, not every
// state: a pointer that nobody could follow is not worth a queue.
type cursorWatcher struct {
	wake  chan struct{}
	shape *capture.CursorShape // the one that it has seen
}

func (h *cursorHub) set(c capture.Cursor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.Shape == nil {
		c.Shape = h.last.Shape
	}
	h.last, h.known = c, true
	for w := range h.watchers {
		signal(w.wake)
	}
}

func (h *cursorHub) watch(ctx context.Context, f func(capture.Cursor)) {
	w := &cursorWatcher{wake: make(chan struct{}, 1)}
	h.mu.Lock()
	if h.watchers == nil {
		h.watchers = map[*cursorWatcher]struct{}{}
	}
	h.watchers[w] = struct{}{}
	if h.known {
		signal(w.wake)
	}
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.watchers, w)
		h.mu.Unlock()
	}()
	for {
		select {
		case <-w.wake:
			f(h.latest(w))
		case <-ctx.Done():
			return
		}
	}
}

// latest is the state that w should see now, with the shape only when new.
func (h *cursorHub) latest(w *cursorWatcher) capture.Cursor {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.last
	if c.Shape == w.shape {
		c.Shape = nil
	} else {
		w.shape = c.Shape
	}
	return c
}
