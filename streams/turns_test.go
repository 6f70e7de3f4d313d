package streams_test

import (
	"context"
	"image"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// flicker is a display, all of whose pixels change with every frame while it is
// wild, and else a corner.
type flicker struct {
	wild atomic.Bool
	n    byte
}

func (s *flicker) backend() capture.Backend {
	return capture.Backend{Name: "flicker", Open: func(context.Context, capture.Options) (capture.Source, error) { return s, nil }}
}

func (s *flicker) Next(ctx context.Context) (*capture.Frame, error) { return s.Snap(ctx) }

func (s *flicker) Snap(context.Context) (*capture.Frame, error) {
	f := encode.NewFrame(capture.BGRA, 320, 240)
	f.Time, f.Damage = capture.Now(), []image.Rectangle{image.Rect(0, 0, 32, 32)}
	s.n++
	if s.wild.Load() {
		f.Damage = nil
		for i := range f.Plane[0] {
			f.Plane[0][i] = s.n
		}
	}
	return f, nil
}

func (s *flicker) Close() error { return nil }

// turns is two encoders of a track that shows a flicker: one of 4:4:4 and one
// for motion.
type turns struct {
	still, moving coder
	slow          time.Duration // what a frame of a small picture takes
}

func (s *turns) track(t *testing.T, screen *flicker) *streams.Track {
	return s.trackOf(t, streams.VideoOptions{}, screen)
}

func (s *turns) trackOf(t *testing.T, o streams.VideoOptions, screen *flicker) *streams.Track {
	still, moving := s.still.backend("still"), s.moving.backend("moving")
	still.Codec = encode.H264High444
	inner := still.NewEncoder
	still.NewEncoder = func(p encode.Params) (encode.Encoder, error) {
		e, err := inner(p)
		return &slowEncoder{e, s, p}, err
	}
	o.Backends = []capture.Backend{screen.backend()}
	o.Codecs = []encode.Codec{encode.H264High444}
	o.Encoders = []encode.Backend{still, moving}
	track := streams.NewTrack("desktop", streams.NewVideo(o))
	t.Cleanup(func() { track.Close() })
	return track
}

type slowEncoder struct {
	encode.Encoder
	turns *turns
	p     encode.Params
}

func (e *slowEncoder) Encode(c *encode.Chunk, f *capture.Frame, key bool) error {
	if e.p.Width < 320 {
		time.Sleep(e.turns.slow)
	}
	return e.Encoder.Encode(c, f, key)
}

// read reads k until it is closed.
func read(k *streams.Sink) {
	for {
		if _, err := k.Next(context.Background()); err != nil {
			return
		}
	}
}

// A slow encoder of a small picture misses most frames, and has to take the next
// for new as a whole.
func TestMissedFramesAreNoMotion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, screen := &turns{slow: 25 * time.Millisecond}, &flicker{}
		track := turns.track(t, screen)
		large, small := attach(t, track, encode.H264High444), attach(t, track, encode.H264High444)
		go read(large)
		go read(small)
		small.SetView(streams.View{Width: 160, Height: 120})
		time.Sleep(10 * time.Second)
		if still, moving := turns.still.opened.Load(), turns.moving.opened.Load(); still < 2 || moving > 0 {
			t.Errorf("the encoder for text was opened %d times, that for motion %d times; want once for each size, and never", still, moving)
		}
		screen.wild.Store(true)
		time.Sleep(2 * time.Second)
		if moving := turns.moving.opened.Load(); moving != 2 {
			t.Errorf("the encoder for motion was opened %d times, want once for each size", moving)
		}
	})
}

// Whoever wants the picture sharp above all keeps the encoder for text.
func TestSharpMotionStaysIn444(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, screen := &turns{}, &flicker{}
		track := turns.trackOf(t, streams.VideoOptions{SharpMotion: true}, screen)
		go read(attach(t, track, encode.H264High444))
		screen.wild.Store(true)
		time.Sleep(5 * time.Second)
		if still, moving := turns.still.opened.Load(), turns.moving.opened.Load(); still != 1 || moving != 0 {
			t.Errorf("the encoder for text was opened %d times, that for motion %d times", still, moving)
		}
	})
}

// The encoder whose turn it is does not open: the other goes on.
func TestEncoderGoesOnWhenTheOtherDoesNotOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, screen := &turns{}, &flicker{}
		track := turns.track(t, screen)
		turns.moving.broken.Store(true)
		k := attach(t, track, encode.H264High444)
		go read(k)
		time.Sleep(time.Second)
		screen.wild.Store(true)
		time.Sleep(5 * time.Second)
		if opened, closed := turns.still.opened.Load(), turns.still.closed.Load(); opened != 1 || closed != 0 {
			t.Errorf("the encoder for text was opened %d times and closed %d times", opened, closed)
		}
	})
}
