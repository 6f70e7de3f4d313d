package streams_test

import (
	"context"
	"errors"
	"image"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/pattern"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/streams"
)

// clockwork is a program that draws pictures that say when they were drawn.
type clockwork struct {
	feed  *streams.VideoFeed
	start time.Duration // what its pictures count from
	mu    sync.Mutex
	size  image.Point
}

// resize changes the size of the pictures from the next on.
func (c *clockwork) resize(w, h int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size = image.Pt(w, h)
}

// run draws one every interval until ctx is done.
func (c *clockwork) run(ctx context.Context, interval time.Duration) {
	for ctx.Err() == nil {
		c.mu.Lock()
		size := c.size
		c.mu.Unlock()
		f := encode.NewFrame(capture.BGRA, size.X, size.Y)
		now := capture.Now()
		pattern.Draw(f, now-c.start)
		_ = c.feed.SubmitVideo(streams.Picture{Width: size.X, Height: size.Y, Format: f.Format, Plane: f.Plane, Stride: f.Stride, Time: now})
		select {
		case <-time.After(interval):
		case <-ctx.Done():
		}
	}
}

// counted are backends whose open encoders are counted.
type counted struct {
	mu         sync.Mutex
	open, most int
	slow       func(encode.Params) time.Duration // what a frame takes beyond
}

func (c *counted) backend(b encode.Backend) encode.Backend {
	inner := b.NewEncoder
	b.NewEncoder = func(p encode.Params) (encode.Encoder, error) {
		e, err := inner(p)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.open++
		c.most = max(c.most, c.open)
		return &countedEncoder{Encoder: e, c: c, p: p}, nil
	}
	return b
}

type countedEncoder struct {
	encode.Encoder
	c    *counted
	p    encode.Params
	once sync.Once
}

func (e *countedEncoder) Encode(out *encode.Chunk, f *capture.Frame, key bool) error {
	if e.c.slow != nil {
		time.Sleep(e.c.slow(e.p))
	}
	return e.Encoder.Encode(out, f, key)
}

func (e *countedEncoder) Close() error {
	e.once.Do(func() {
		e.c.mu.Lock()
		defer e.c.mu.Unlock()
		e.c.open--
	})
	return e.Encoder.Close()
}

// reader decodes what a viewer is sent and says what is wrong with it.
type reader struct {
	start time.Duration // what pictures count from
	sink  *streams.Sink
	dec   encode.Decoder
	last  time.Duration // the time in the last picture
	at    time.Duration // and of it
}

// watch attaches a viewer to s.
func (c *clockwork) watch(t *testing.T, s *streams.Track, codec encode.Codec) *reader {
	t.Helper()
	d, err := codecs.FindDecoder(codecs.All, codec)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := d.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return &reader{start: c.start, sink: attach(t, s, codec), dec: dec}
}

func (r *reader) close() {
	r.sink.Close()
	r.dec.Close()
}

// next reads one picture.
func (r *reader) next(ctx context.Context) (*capture.Frame, error) {
	c, err := r.sink.Next(ctx)
	if err != nil {
		return nil, err
	}
	f, err := r.dec.Decode(c)
	if err != nil || f == nil {
		return nil, errors.Join(err, errors.New("a chunk without a picture"))
	}
	drawn, ok := pattern.Read(f)
	at := c.Time - r.start
	switch {
	case !ok:
		return nil, errors.New("a picture that cannot be read")
	case drawn < r.last || at <= r.at && r.at > 0:
		return nil, errors.New("a picture that is older than the one before")
	case drawn > at:
		return nil, errors.New("a picture of the future")
	}
	r.last, r.at = drawn, at
	return f, nil
}

// serveClock makes a track of a clockwork's pictures.
func serveClock(t *testing.T, c *counted, all []encode.Codec) (*clockwork, *streams.Track) {
	t.Helper()
	var encoders []encode.Backend
	for _, codec := range all {
		found, err := encode.Find(codecs.All, codec, "")
		if err != nil {
			t.Fatal(err)
		}
		encoders = append(encoders, c.backend(found[0]))
	}
	w := &clockwork{start: capture.Now(), feed: streams.NewVideoFeed(), size: image.Pt(384, 256)}
	return w, streams.NewTrack("clock", streams.NewVideo(streams.VideoOptions{
		Backends: []capture.Backend{w.feed.Backend()}, Codecs: all, Encoders: encoders, FPS: 30,
	}))
}

// needCodecs skips the test where H.264 or VP8 cannot be had.
func needCodecs(t *testing.T) []encode.Codec {
	t.Helper()
	all := []encode.Codec{encode.H264, encode.VP8}
	for _, codec := range all {
		d, err := codecs.FindDecoder(codecs.All, codec)
		if err != nil {
			d.Probe = func() error { return err }
		}
		encodetest.Need(t, d)
		found, err := encode.Find(codecs.All, codec, "")
		if err != nil {
			found = []encode.Backend{{Name: codec.Name, Probe: func() error { return err }}}
		}
		encodetest.Need(t, found[0])
	}
	return all
}

// TestTwoHundredSwitchesShowNoWrongPicture changes the size of a viewer's
// picture, of the desktop, and the codec, one after another.
func TestTwoHundredSwitchesShowNoWrongPicture(t *testing.T) {
	all := needCodecs(t)
	synctest.Test(t, func(t *testing.T) {
		var c counted
		clock, s := serveClock(t, &c, all)
		defer s.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go clock.run(ctx, 100*time.Millisecond)
		steady, restless := clock.watch(t, s, encode.H264), clock.watch(t, s, encode.H264)
		sizes := []image.Point{{384, 256}, {401, 259}, {320, 240}}
		size, view := sizes[0], 0
		for n := range 200 {
			switch n % 10 {
			case 4:
				size = sizes[n/10%len(sizes)]
				clock.resize(size.X, size.Y)
			case 9:
				before := restless.sink.Codec()
				restless.close()
				restless = clock.watch(t, s, all[(n/10+1)%2])
				if before.Name == restless.sink.Codec().Name {
					t.Fatal("the codec did not change")
				}
				view = 0
			default:
				view = (view + 1) % 4
			}
			scale := streams.Scale(view)
			width, height := scale.Of(size.X, size.Y)
			restless.sink.SetView(streams.View{Width: width, Height: height})
			until := capture.Now() + 6*time.Second
			for arrived := false; !arrived; {
				f, err := restless.next(ctx)
				if err != nil {
					t.Fatalf("switch %d: %v", n, err)
				}
				arrived = f.Width == (width+1)&^1 && f.Height == (height+1)&^1 || f.Width == width && f.Height == height
				if capture.Now() > until {
					t.Fatalf("switch %d: the picture is %d×%d, want %d×%d", n, f.Width, f.Height, width, height)
				}
				if _, err := steady.next(ctx); err != nil {
					t.Fatalf("switch %d, seen by another viewer: %v", n, err)
				}
			}
		}
		if got := s.Stats(); got.Sinks != 2 || got.Rungs > 2 || got.Switches < 100 {
			t.Errorf("in the end %d sinks on %d rungs after %d switches", got.Sinks, got.Rungs, got.Switches)
		}
		restless.close()
		steady.close()
		cancel()
		s.Close()
		if c.open != 0 || c.most > 4 {
			t.Errorf("%d encoders left open, %d at a time; want none, and 4 at most", c.open, c.most)
		}
	})
}

// TestSlowEncoderHoldsUpNobodyElse gives one of two viewers a small picture,
// whose encoder takes as long as ten frames.
func TestSlowEncoderHoldsUpNobodyElse(t *testing.T) {
	needCodecs(t)
	synctest.Test(t, func(t *testing.T) {
		const interval = 40 * time.Millisecond
		c := counted{slow: func(p encode.Params) time.Duration {
			if p.Width < 384 {
				return 10 * interval
			}
			return 0
		}}
		clock, s := serveClock(t, &c, []encode.Codec{encode.H264})
		defer s.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go clock.run(ctx, interval)
		fast, slow := clock.watch(t, s, encode.H264), clock.watch(t, s, encode.H264)
		defer fast.close()
		defer slow.close()
		slow.sink.SetView(streams.View{Width: 192, Height: 128})
		var pictures atomic.Int32
		go func() {
			for {
				f, err := slow.next(ctx)
				if err != nil {
					return
				}
				if f.Width == 192 {
					pictures.Add(1)
				}
			}
		}()
		var last time.Duration
		for n := range 250 {
			if _, err := fast.next(ctx); err != nil {
				t.Fatal(err)
			}
			if gap := fast.at - last; n > 5 && gap != interval {
				t.Fatalf("picture %d came %v after the one before, want %v", n, gap, interval)
			}
			last = fast.at
		}
		if got := pictures.Load(); got < 20 {
			t.Fatalf("the other viewer got %d pictures of 10 s, want 20 and more", got)
		}
	})
}
