package streams_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// screen is a display whose picture changes when told to.
type screen struct {
	change chan struct{}                 // one value is one change
	lost   atomic.Pointer[chan struct{}] // closed when the display goes away
	away   atomic.Bool                   // it cannot be opened
	w, h   atomic.Int32
}

func newScreen() *screen {
	s := &screen{change: make(chan struct{}, 1)}
	s.plug()
	s.w.Store(64)
	s.h.Store(48)
	return s
}

// plug makes the display one that has not gone away.
func (s *screen) plug() {
	c := make(chan struct{})
	s.lost.Store(&c)
}

func (s *screen) backend() capture.Backend {
	return capture.Backend{Name: "screen", Open: func(context.Context, capture.Options) (capture.Source, error) {
		if s.away.Load() {
			return nil, errors.New("no display")
		}
		return &view{screen: s, lost: *s.lost.Load()}, nil
	}}
}

// view is one capture of a screen.
type view struct {
	*screen
	lost  chan struct{}
	begun bool
}

func (v *view) Next(ctx context.Context) (*capture.Frame, error) {
	if !v.begun {
		v.begun = true
		return v.Snap(ctx)
	}
	select {
	case <-v.change:
		return v.Snap(ctx)
	case <-v.lost:
		return nil, fmt.Errorf("screen: %w", capture.ErrLost)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (v *view) Snap(context.Context) (*capture.Frame, error) {
	w, h := int(v.w.Load()), int(v.h.Load())
	f := encode.NewFrame(capture.BGRA, w, h)
	f.Time = capture.Now()
	return f, nil
}

func (v *view) Close() error { return nil }

// coder is an encoder that counts, and fails when told to.
type coder struct {
	opened, closed atomic.Int32
	broken         atomic.Bool
	mark           []byte // at the end of each chunk
	mu             sync.Mutex
	bitrate        int
}

func (c *coder) backend(name string) encode.Backend {
	return encode.Backend{Name: name, Codec: encode.H264, NewEncoder: func(p encode.Params) (encode.Encoder, error) {
		if c.broken.Load() {
			return nil, errors.New("no such device")
		}
		c.opened.Add(1)
		return &coding{coder: c, p: p, fresh: true}, nil
	}}
}

type coding struct {
	*coder
	p     encode.Params
	fresh bool
}

func (c *coding) Encode(out *encode.Chunk, f *capture.Frame, key bool) error {
	if c.broken.Load() {
		return errors.New("the device hangs")
	}
	if f.Width != c.p.Width || f.Height != c.p.Height {
		return errors.New("wrong size")
	}
	key = key || c.fresh
	c.fresh = false
	*out = encode.Chunk{Data: append(out.Data[:0], picture(key, f.Width, f.Height)...), Key: key, Time: f.Time, Width: f.Width, Height: f.Height}
	out.Data = append(out.Data, c.mark...)
	return nil
}

func (c *coding) SetBitrate(bps int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bitrate = bps
	return nil
}

func (c *coding) Close() error { c.closed.Add(1); return nil }

// statuses remembers what a person was told.
type statuses struct {
	mu  sync.Mutex
	all []bool
}

func (s *statuses) set(ok bool, _ string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, ok)
}

func (s *statuses) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.all)
}

// show makes a stream of one screen and its encoders, and a sink that is read
// into the returned channel.
func show(t *testing.T, sc *screen, st *statuses, encoders ...encode.Backend) (*streams.Sink, chan *encode.Chunk) {
	s := streams.NewTrack("desktop", streams.NewVideo(streams.VideoOptions{
		Backends: []capture.Backend{sc.backend()},
		Codecs:   []encode.Codec{encode.H264},
		Encoders: encoders,
		Status:   st.set,
	}))
	k := attach(t, s, encode.H264)
	out := make(chan *encode.Chunk, 4096)
	go func() {
		for {
			c, err := k.Next(context.Background())
			if err != nil {
				return
			}
			out <- c
		}
	}()
	t.Cleanup(func() { s.Close() })
	return k, out
}

// drain counts the chunks that have come.
func drain(out chan *encode.Chunk) (n int) {
	for {
		select {
		case <-out:
			n++
		default:
			return n
		}
	}
}

func TestStillPictureIsSentNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c coder
		_, out := show(t, newScreen(), &statuses{}, c.backend("a"))
		time.Sleep(time.Second)
		if n := drain(out); n < 3 || n > 8 {
			t.Fatalf("%d frames in the first second of a still picture, want it and a few more that settle it", n)
		}
		time.Sleep(20 * time.Second)
		if n := drain(out); n < 6 || n > 12 {
			t.Fatalf("%d frames in 20 s of a still picture, want one every 2 s or so", n)
		}
	})
}

// What is more than one frame can carry comes at twice the pace at first.
func TestTurnedPageIsSharpenedInHaste(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := coder{mark: make([]byte, 2000)} // there is always more to sharpen
		_, out := show(t, newScreen(), &statuses{}, c.backend("a"))
		time.Sleep(245 * time.Millisecond)
		if n := drain(out); n < 5 || n > 7 {
			t.Fatalf("%d frames in the first quarter of a second, want one every 50 ms and a key frame", n)
		}
		time.Sleep(time.Second)
		drain(out)
		time.Sleep(time.Second)
		if n := drain(out); n < 9 || n > 11 {
			t.Fatalf("%d frames in a second after that, want 10", n)
		}
	})
}

// What sharpens a picture waits until it has stood still for long enough.
func TestPictureSettlesWhenItIsToldTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c coder
		src := streams.NewVideo(streams.VideoOptions{
			Backends: []capture.Backend{newScreen().backend()}, Codecs: []encode.Codec{encode.H264},
			Encoders: []encode.Backend{c.backend("a")}, Settle: time.Second,
		})
		track := streams.NewTrack("desktop", src)
		defer track.Close()
		k := attach(t, track, encode.H264)
		var times []time.Duration
		for range 4 {
			chunk, err := k.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			times = append(times, chunk.Time)
		}
		// The second is the viewer's key frame, which waits for nothing.
		if first, then := times[2]-times[0], times[3]-times[2]; first < time.Second || then > time.Second/2 {
			t.Errorf("the picture was sent again after %v, and then after %v: %v", first, then, times)
		}
	})
}

func TestFrameRateIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := newScreen()
		var c coder
		_, out := show(t, sc, &statuses{}, c.backend("a"))
		for range 5000 {
			select {
			case sc.change <- struct{}{}:
			default:
			}
			time.Sleep(time.Millisecond)
		}
		if n := drain(out); n < 290 || n > 305 {
			t.Fatalf("%d frames in 5 s of a picture that changes all the time, want 300", n)
		}
	})
}

func TestKeyframeOfStillPictureComesSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c coder
		k, out := show(t, newScreen(), &statuses{}, c.backend("a"))
		time.Sleep(10500 * time.Millisecond)
		drain(out)
		k.RequestKeyframe()
		asked := time.Now()
		for !(<-out).Key {
		}
		if waited := time.Since(asked); waited > 300*time.Millisecond {
			t.Fatalf("a key frame of a still picture took %v", waited)
		}
	})
}

func TestPictureReturnsWithTheDisplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := newScreen()
		var c coder
		var st statuses
		_, out := show(t, sc, &st, c.backend("a"))
		time.Sleep(5 * time.Second)
		gone := *sc.lost.Load()
		sc.plug()
		sc.away.Store(true)
		close(gone)
		time.Sleep(5 * time.Second)
		drain(out)
		sc.w.Store(80)
		sc.away.Store(false)
		time.Sleep(time.Second)
		first := <-out
		if first.Width != 80 || !first.Key {
			t.Fatalf("the first frame after the display's return is %d wide, key %v; want 80 and a key frame", first.Width, first.Key)
		}
		if got := st.String(); got != "[false true]" {
			t.Fatalf("a person was told %s, want [false true]", got)
		}
	})
}

func TestFailingEncoderIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first, second coder
		sc := newScreen()
		_, out := show(t, sc, &statuses{}, first.backend("first"), second.backend("second"))
		<-out
		first.broken.Store(true)
		sc.change <- struct{}{}
		time.Sleep(100 * time.Millisecond)
		if second.opened.Load() != 1 || first.closed.Load() != 1 {
			t.Fatalf("second encoder opened %d times, first closed %d times, want 1 and 1", second.opened.Load(), first.closed.Load())
		}
	})
}

func TestHostOutlivesEncodersThatAllFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c coder
		var st statuses
		c.broken.Store(true)
		_, out := show(t, newScreen(), &st, c.backend("a"))
		time.Sleep(10 * time.Second)
		c.broken.Store(false)
		time.Sleep(5 * time.Second)
		if drain(out) == 0 {
			t.Fatal("no picture after the encoder works again")
		}
		if got := st.String(); got != "[false true]" {
			t.Fatalf("a person was told %s, want [false true]", got)
		}
	})
}

func TestBitrateReachesTheEncoder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := newScreen()
		var c coder
		k, out := show(t, sc, &statuses{}, c.backend("a"))
		<-out
		k.SetBitrate(1_000_000)
		sc.change <- struct{}{}
		time.Sleep(100 * time.Millisecond)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.bitrate != 1_000_000 {
			t.Fatalf("the encoder aims at %d bit/s, want 1000000", c.bitrate)
		}
	})
}
