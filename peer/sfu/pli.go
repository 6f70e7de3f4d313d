package sfu

import (
	"sync"
	"time"
)

// keyframeEvery is the least time between two requests for a key frame of one
// layer: a key frame costs ten other frames, whoever asks for it.
const keyframeEvery = 500 * time.Millisecond

// keyframes coalesces requests for a key frame. What is asked for too soon
// after the last request is asked for later, unless a key frame comes first.
type keyframes struct {
	send func()

	mu     sync.Mutex
	last   time.Time
	timer  *time.Timer // of the request that waits, or nil
	closed bool
}

// request asks for a key frame, now or soon.
func (k *keyframes) request() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || k.timer != nil {
		return
	}
	wait := keyframeEvery - time.Since(k.last)
	if k.last.IsZero() || wait <= 0 {
		k.last = time.Now()
		k.send()
		return
	}
	k.timer = time.AfterFunc(wait, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.timer != nil && !k.closed {
			k.timer, k.last = nil, time.Now()
			k.send()
		}
	})
}

// came notes that a key frame has begun, which serves whoever waits.
func (k *keyframes) came() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.timer != nil {
		k.timer.Stop()
		k.timer = nil
	}
}

func (k *keyframes) close() {
	k.came()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
}
