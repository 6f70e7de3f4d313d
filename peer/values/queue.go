package values

import (
	"context"
	"sync"
)

// maxQueued bounds the values that wait to be received; their bytes are
// bounded besides.
const maxQueued = 256

// queue holds values that came and were not received. One goroutine puts in,
// any number take out.
type queue struct {
	max  int           // bytes
	room chan struct{} // capacity one
	more chan struct{} // capacity one

	mu    sync.Mutex
	items []queued
	bytes int
}

type queued struct {
	v any
	n int
}

func (q *queue) init(maxBytes int) {
	q.max, q.room, q.more = maxBytes, make(chan struct{}, 1), make(chan struct{}, 1)
}

// push waits for room for a value that came in n bytes. It is false when ctx
// was done before.
func (q *queue) push(ctx context.Context, v any, n int) bool {
	for {
		q.mu.Lock()
		if len(q.items) == 0 || len(q.items) < maxQueued && q.bytes+n <= q.max {
			q.items = append(q.items, queued{v, n})
			q.bytes += n
			q.mu.Unlock()
			wake(q.more)
			return true
		}
		q.mu.Unlock()
		select {
		case <-q.room:
		case <-ctx.Done():
			return false
		}
	}
}

// pop waits for a value. Once ended is done and there is none left, the error
// is its cause.
func (q *queue) pop(ctx, ended context.Context) (any, error) {
	for {
		over := ended.Err() != nil // before the look: nothing comes after
		if v, ok := q.take(); ok {
			return v, nil
		}
		if over {
			wake(q.more) // for whoever else waits
			return nil, context.Cause(ended)
		}
		select {
		case <-q.more:
		case <-ended.Done():
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (q *queue) take() (any, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return nil, false
	}
	first := q.items[0]
	q.items[0] = queued{}
	q.items = q.items[1:]
	q.bytes -= first.n
	wake(q.room)
	if len(q.items) > 0 {
		wake(q.more)
	}
	return first.v, true
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
