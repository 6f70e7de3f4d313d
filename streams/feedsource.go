package streams

import (
	"context"
	"fmt"
	"image"
	"net"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

// feedSource is a [capture.Source] of what is submitted to a [VideoFeed].
type feedSource struct {
	feed    *VideoFeed
	wake    chan struct{} // capacity one: there is a new picture
	idle    chan struct{} // holds a token while no frame is handed out
	free    func()        // release
	closed  chan struct{}
	closing sync.Once

	// All below are guarded by the feed's mu.
	fresh  bool              // the latest picture was not handed out
	whole  bool              // all of it may have changed
	damage []image.Rectangle // otherwise this, since the frame before
	given  []image.Rectangle // the damage of the frame handed out
	used   *feedPicture      // what is handed out
	frame  capture.Frame     // as which
	last   time.Duration     // its time
}

// changed notes that there is a new picture. The caller holds the feed's mu.
func (s *feedSource) changed(damage []image.Rectangle) {
	s.fresh = true
	signal(s.wake)
	if s.whole = s.whole || damage == nil; s.whole {
		return
	}
	bounds := image.Rect(0, 0, s.feed.latest.Width, s.feed.latest.Height)
	for _, r := range damage {
		if r = r.Intersect(bounds); r.Empty() {
			continue
		}
		if len(s.damage) == maxFeedDamage {
			for _, o := range s.damage {
				r = r.Union(o)
			}
			s.damage = s.damage[:0]
		}
		s.damage = append(s.damage, r)
	}
}

// Next implements [capture.Source]: a picture that was submitted since the
// frame before.
func (s *feedSource) Next(ctx context.Context) (*capture.Frame, error) { return s.take(ctx, true) }

// Snap implements [capture.Source]: the latest picture, once there is one.
func (s *feedSource) Snap(ctx context.Context) (*capture.Frame, error) { return s.take(ctx, false) }

// take waits for a picture, a new one if fresh is true, and for the release of
// the frame before.
func (s *feedSource) take(ctx context.Context, fresh bool) (*capture.Frame, error) {
	// With an end and a picture both at hand, the end wins.
	if err := s.ended(ctx); err != nil {
		return nil, err
	}
	select {
	case <-s.idle:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.closed:
		return nil, s.ended(ctx)
	}
	for {
		if f := s.hand(fresh); f != nil {
			return f, nil
		}
		select {
		case <-s.wake:
			continue
		case <-ctx.Done():
		case <-s.closed:
		}
		s.idle <- struct{}{}
		return nil, s.ended(ctx)
	}
}

// hand hands out the latest picture, or returns nil when there is none.
func (s *feedSource) hand(fresh bool) *capture.Frame {
	v := s.feed
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.latest == nil || fresh && !s.fresh {
		return nil
	}
	s.used = v.latest
	s.used.users++
	s.frame = s.used.Frame
	s.frame.Free, s.frame.Changed = s.free, s.used.Time
	if !s.whole {
		s.frame.Damage = s.damage
	}
	// A picture that is handed out again is as old as now, for those who
	// tell frames apart by their time.
	if !s.fresh || s.frame.Time <= s.last {
		s.frame.Time = max(capture.Now(), s.last+1)
	}
	s.last = s.frame.Time
	s.fresh, s.whole = false, false
	s.damage, s.given = s.given[:0], s.damage
	return &s.frame
}

// release takes the frame back. It may come after Close.
func (s *feedSource) release() {
	s.feed.mu.Lock()
	s.feed.leave(s.used)
	s.used = nil
	s.feed.mu.Unlock()
	s.idle <- struct{}{}
}

// ended says why there will be no frame.
func (s *feedSource) ended(ctx context.Context) error {
	select {
	case <-s.closed:
		return fmt.Errorf("streams: feed: %w", net.ErrClosed)
	default:
		return ctx.Err()
	}
}

// Close implements [capture.Source]. A frame that is handed out stays good
// until its release.
func (s *feedSource) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.feed.remove(s)
	})
	return nil
}
