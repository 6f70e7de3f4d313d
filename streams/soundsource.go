package streams

import (
	"context"
	"fmt"
	"math"
	"net"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

const (
	// soundFrame is how many samples for each channel a frame has, and
	// soundFrameTime how long it sounds.
	soundFrame     = soundRate / 100
	soundFrameTime = 10 * time.Millisecond
	// soundMost is how much submitted sound is kept.
	soundMost = time.Second
	// soundPause is how late sound may come and still follow what was before.
	soundPause = 100 * time.Millisecond
	// soundEarly is how much before its time a frame may be sent. What a
	// program submits a little early or two at once need not wait; what it
	// submits for long after leaves as if it had been recorded.
	soundEarly = 20 * time.Millisecond
	// soundDrift is how far times are moved in one second of sound, to follow
	// a program whose clock runs faster or slower: by an eighth of how far the
	// latest of its submissions in that second was early or late.
	soundDrift = 2 * time.Millisecond
)

// soundSource is a [capture.AudioSource] of what is submitted to an
// [AudioFeed].
type soundSource struct {
	feed    *AudioFeed
	wake    chan struct{} // capacity one: there is more sound
	closed  chan struct{}
	closing sync.Once
	timer   *time.Timer
	frame   capture.AudioFrame // what Next returned

	// All below are guarded by the feed's mu.
	ring  []int16 // stereo, a second of it
	head  int     // the first sample of the ring, of both channels
	count int     // how many there are
	start time.Duration
	begun bool
	sent  time.Duration // when the frame before ends

	// What follows is about the last second of sound.
	seen  int           // how many samples came
	least time.Duration // the least by which a submission was early
}

func newSoundSource(a *AudioFeed) *soundSource {
	s := &soundSource{
		feed: a,
		wake: make(chan struct{}, 1), closed: make(chan struct{}),
		timer: time.NewTimer(time.Hour),
		frame: capture.AudioFrame{Samples: make([]int16, 2*soundFrame), Rate: soundRate, Channels: 2},
		ring:  make([]int16, 2*soundRate*int(soundMost/time.Second)),
		sent:  math.MinInt64,
	}
	s.timer.Stop()
	return s
}

// arrive notes that sound comes which should be heard at a time. The caller
// holds the feed's mu.
func (s *soundSource) arrive(at time.Duration) {
	early := s.start + soundTime(s.count) - at
	if !s.begun || early < -soundPause {
		s.begun, s.count, s.seen, s.least = true, 0, 0, 0
		s.start = max(at, s.sent)
		return
	}
	if s.seen >= soundRate {
		by := min(max(s.least/8, -soundDrift), soundDrift)
		s.start -= by
		early -= by
		s.seen = 0
	}
	if s.seen == 0 || early < s.least {
		s.least = early
	}
}

// push adds samples. When there is a second of them already, the oldest go,
// and what is left takes their time. The caller holds the feed's mu.
func (s *soundSource) push(samples []int16, now time.Duration) {
	size, n := len(s.ring)/2, len(samples)/2
	if n == 0 {
		return
	}
	if over := s.count + n - size; over > 0 {
		s.head, s.count = (s.head+over)%size, s.count-over
		// It is a reader that is late, or a program that is early.
		s.start = max(s.start, now-soundMost)
	}
	at := (s.head + s.count) % size
	done := copy(s.ring[2*at:], samples)
	copy(s.ring, samples[done:])
	s.count += n
	s.seen += n
	signal(s.wake)
}

// soundTime is how long n samples take.
func soundTime(n int) time.Duration { return time.Duration(n) * time.Second / soundRate }

// Next implements [capture.AudioSource].
func (s *soundSource) Next(ctx context.Context) (*capture.AudioFrame, error) {
	for {
		select {
		case <-s.closed:
			return nil, fmt.Errorf("streams: feed: %w", net.ErrClosed)
		case <-ctx.Done():
			return nil, ctx.Err()
		default:
		}
		wait, ok := s.take()
		if ok {
			return &s.frame, nil
		}
		if wait > 0 {
			s.timer.Reset(wait)
		}
		select {
		case <-s.wake:
		case <-s.timer.C:
		case <-s.closed:
		case <-ctx.Done():
		}
		s.timer.Stop()
	}
}

// take takes a frame whose time has come. Without one it says how long that
// takes, or zero when there is no whole frame.
func (s *soundSource) take() (wait time.Duration, ok bool) {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	if s.count < soundFrame {
		return 0, false
	}
	if wait := s.start - soundEarly - capture.Now(); wait > 0 {
		return wait, false
	}
	done := copy(s.frame.Samples, s.ring[2*s.head:])
	copy(s.frame.Samples[done:], s.ring)
	s.head, s.count = (s.head+soundFrame)%(len(s.ring)/2), s.count-soundFrame
	s.frame.Time = s.start
	s.start += soundFrameTime
	s.sent = s.start
	return 0, true
}

// Close implements [capture.AudioSource].
func (s *soundSource) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.feed.remove(s)
	})
	return nil
}
