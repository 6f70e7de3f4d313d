package streams_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// ticker is a Source that delivers a chunk every tick, a key frame when one is
// wanted.
type ticker struct {
	tick    time.Duration
	runs    atomic.Int32
	running atomic.Int32
	keys    atomic.Int32
}

func (s *ticker) Codecs() []encode.Codec { return []encode.Codec{encode.H264, encode.VP8} }

func (s *ticker) Run(ctx context.Context, d *streams.Demand) {
	s.runs.Add(1)
	s.running.Add(1)
	defer s.running.Add(-1)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(s.tick):
		}
		for _, w := range d.Wants(nil, capture.Now()) {
			if w.Key {
				s.keys.Add(1)
			}
			d.Deliver(w.Rung, &encode.Chunk{Data: []byte{1}, Key: w.Key, Time: capture.Now(), Width: 1, Height: 1}, 0)
		}
	}
}

func attach(t *testing.T, s *streams.Track, codec encode.Codec) *streams.Sink {
	t.Helper()
	k, err := s.Attach(codec, "viewer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

func next(t *testing.T, k *streams.Sink) *encode.Chunk {
	t.Helper()
	c, err := k.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestStreamRunsWhileSinksAreAttached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &ticker{tick: 10 * time.Millisecond}
		s := streams.NewTrack("desktop", src)
		if time.Sleep(time.Second); src.runs.Load() != 0 {
			t.Fatal("the source runs before anybody watches")
		}
		a, b := attach(t, s, encode.H264), attach(t, s, encode.H264)
		next(t, a)
		a.Close()
		next(t, b)
		if src.runs.Load() != 1 || src.running.Load() != 1 {
			t.Fatalf("%d runs, %d running after one of two sinks closed, want 1 and 1", src.runs.Load(), src.running.Load())
		}
		b.Close()
		b.Close()
		if synctest.Wait(); src.running.Load() != 0 {
			t.Fatal("the source runs after the last sink closed")
		}
		next(t, attach(t, s, encode.VP8))
		if src.runs.Load() != 2 {
			t.Fatal("the source did not start again")
		}
		s.Close()
		if src.running.Load() != 0 {
			t.Fatal("the source runs after Close")
		}
		if _, err := s.Attach(encode.H264, "late"); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("Attach after Close: %v, want net.ErrClosed", err)
		}
	})
}

func TestNewSinkBeginsWithKeyframe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := streams.NewTrack("desktop", &ticker{tick: 10 * time.Millisecond})
		defer s.Close()
		a := attach(t, s, encode.H264)
		if !next(t, a).Key {
			t.Fatal("the first sink did not begin with a key frame")
		}
		for range 50 {
			next(t, a)
		}
		b := attach(t, s, encode.H264)
		if !next(t, b).Key {
			t.Fatal("the second sink did not begin with a key frame")
		}
	})
}

func TestKeyframeRequestsAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &ticker{tick: 10 * time.Millisecond}
		s := streams.NewTrack("desktop", src)
		defer s.Close()
		k := attach(t, s, encode.H264)
		next(t, k)
		before := src.keys.Load()
		for range 100 {
			k.RequestKeyframe()
			next(t, k)
		}
		// A request every 10 ms for a second; one key frame in 250 ms at most.
		if got := src.keys.Load() - before; got < 3 || got > 5 {
			t.Fatalf("%d key frames for 100 requests in a second, want about 4", got)
		}
	})
}

func TestSlowSinkLosesChunksAndBeginsAnewWithKeyframe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := streams.NewTrack("desktop", &ticker{tick: 10 * time.Millisecond})
		defer s.Close()
		slow, fast := attach(t, s, encode.H264), attach(t, s, encode.H264)
		next(t, slow)
		go func() {
			for {
				if _, err := fast.Next(context.Background()); err != nil {
					return
				}
			}
		}()
		time.Sleep(2 * time.Second)
		now := capture.Now()
		c := next(t, slow)
		if !c.Key {
			t.Fatal("after a hole the first chunk is not a key frame")
		}
		if age := now - c.Time; age > time.Second {
			t.Fatalf("the first chunk after a hole is %v old", age)
		}
		if s.Stats().Skipped == 0 {
			t.Fatal("nothing is counted as skipped")
		}
	})
}

func TestClosedSinkSaysSo(t *testing.T) {
	s := streams.NewTrack("desktop", &ticker{tick: time.Hour})
	defer s.Close()
	k := attach(t, s, encode.H264)
	time.AfterFunc(time.Millisecond, k.Close)
	if _, err := k.Next(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("Next after Close: %v, want net.ErrClosed", err)
	}
}

func TestUnknownCodecIsRefused(t *testing.T) {
	s := streams.NewTrack("desktop", &ticker{tick: time.Hour})
	if _, err := s.Attach(encode.Opus, "viewer"); err == nil {
		t.Fatal("a picture was attached as sound")
	}
}

func TestWantsCarriesTheLowestBitrateOfItsRung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &wanter{got: make(chan streams.Want, 1)}
		s := streams.NewTrack("desktop", src)
		defer s.Close()
		a, b := attach(t, s, encode.H264), attach(t, s, encode.H264)
		a.SetBitrate(3_000_000)
		b.SetBitrate(2_500_000)
		time.Sleep(20 * time.Millisecond)
		<-src.got
		if w := <-src.got; w.Bitrate != 2_500_000 {
			t.Fatalf("wanted %d bit/s, want 2500000", w.Bitrate)
		}
	})
}

// wanter is a Source that reports what is wanted.
type wanter struct{ got chan streams.Want }

func (s *wanter) Codecs() []encode.Codec { return []encode.Codec{encode.H264} }

func (s *wanter) Run(ctx context.Context, d *streams.Demand) {
	d.SetSize(1280, 720)
	for {
		for _, w := range d.Wants(nil, capture.Now()) {
			select {
			case s.got <- w:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return
		}
	}
}

func TestWatchersSeeTheLatestPointer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &pointer{d: make(chan *streams.Demand, 1)}
		s := streams.NewTrack("desktop", src)
		defer s.Close()
		attach(t, s, encode.H264)
		d := <-src.d
		shape := &capture.CursorShape{}
		d.SetCursor(capture.Cursor{X: 1, Visible: true, Shape: shape})
		var seen []capture.Cursor
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			s.WatchCursor(ctx, func(c capture.Cursor) { seen = append(seen, c) })
			close(done)
		}()
		synctest.Wait()
		d.SetCursor(capture.Cursor{X: 2, Visible: true})
		synctest.Wait()
		cancel()
		<-done
		if len(seen) != 2 || seen[0].Shape != shape || seen[0].X != 1 || seen[1].Shape != nil || seen[1].X != 2 {
			t.Fatalf("saw %+v, want the shape once and both positions", seen)
		}
	})
}

// pointer is a Source that hands out its Demand.
type pointer struct{ d chan *streams.Demand }

func (s *pointer) Codecs() []encode.Codec { return []encode.Codec{encode.H264} }

func (s *pointer) Run(ctx context.Context, d *streams.Demand) {
	s.d <- d
	<-ctx.Done()
}
