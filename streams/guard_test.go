package streams_test

import (
	"bytes"
	"cmp"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// rogue is an encoder that is sound until told otherwise.
type rogue struct {
	coder
	// open and encode take the place of the sound ones from the moment that
	// they are told on.
	open, encode func(c *encode.Chunk, key bool) error
	told         atomic.Bool
}

func (r *rogue) backend(name string) encode.Backend {
	b := r.coder.backend(name)
	b.Hardware = true // software is given longer
	sound := b.NewEncoder
	b.NewEncoder = func(p encode.Params) (encode.Encoder, error) {
		if r.told.Load() && r.open != nil {
			if err := r.open(nil, false); err != nil {
				return nil, err
			}
		}
		e, err := sound(p)
		return &roguery{e, r}, err
	}
	return b
}

type roguery struct {
	encode.Encoder
	rogue *rogue
}

func (r *roguery) Encode(c *encode.Chunk, f *capture.Frame, key bool) error {
	if err := r.Encoder.Encode(c, f, key); err != nil || !r.rogue.told.Load() || r.rogue.encode == nil {
		return err
	}
	return r.rogue.encode(c, key)
}

// notes is a log.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// watchRogue shows a picture that always changes by r and, should it fail, by
// a second encoder. It returns that, the chunks, and the log.
func watchRogue(t *testing.T, r *rogue) (*coder, *streams.Sink, chan *encode.Chunk, *notes) {
	sc, second, log := newScreen(), &coder{mark: []byte{0, 0, 1, 12, 0xff}}, &notes{}
	track := streams.NewTrack("desktop", streams.NewVideo(streams.VideoOptions{
		Backends: []capture.Backend{sc.backend()}, Codecs: []encode.Codec{encode.H264},
		Encoders: []encode.Backend{r.backend("rogue"), second.backend("second")},
		Log:      slog.New(slog.NewTextHandler(log, nil)),
	}))
	k := attach(t, track, encode.H264)
	out := make(chan *encode.Chunk, 4096)
	go func() {
		for {
			c, err := k.Next(t.Context())
			if err != nil {
				return
			}
			out <- c
		}
	}()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case sc.change <- struct{}{}:
			case <-stop:
				return
			}
		}
	})
	t.Cleanup(func() { close(stop); wg.Wait(); track.Close() })
	return second, k, out, log
}

func TestViewerKeepsItsPictureWhateverAnEncoderDoes(t *testing.T) {
	never := func(t *testing.T) func(*encode.Chunk, bool) error {
		return func(*encode.Chunk, bool) error {
			<-t.Context().Done()
			return errors.New("the driver was unloaded")
		}
	}
	says := func(change func(c *encode.Chunk, key bool)) func(*testing.T) func(*encode.Chunk, bool) error {
		return func(*testing.T) func(*encode.Chunk, bool) error {
			return func(c *encode.Chunk, key bool) error { change(c, key); return nil }
		}
	}
	for _, c := range []struct {
		name   string
		encode func(*testing.T) func(*encode.Chunk, bool) error
		why    string
	}{
		{"hangs", never, "it hangs"},
		{"fails", func(*testing.T) func(*encode.Chunk, bool) error {
			return func(*encode.Chunk, bool) error { return errors.New("the device is gone") }
		}, "the device is gone"},
		{"makes garbage", says(func(c *encode.Chunk, _ bool) { c.Data = append(c.Data[:0], "what is this"...) }), "without a start code"},
		{"makes nothing", says(func(c *encode.Chunk, _ bool) { c.Data, c.Key = c.Data[:0], false }), "dropped without need"},
		{"makes too much", says(func(c *encode.Chunk, _ bool) { c.Data = append(c.Data, make([]byte, 1<<20)...) }), "uncompressed"},
		{"ignores its bit rate", says(func(c *encode.Chunk, _ bool) {
			c.Data = append(c.Data, bytes.Repeat([]byte{0x55}, 60_000)...)
		}), "Mbit more than"},
		{"changes the size", says(func(c *encode.Chunk, _ bool) { c.Width *= 2 }), "from a frame of"},
		{"calls anything a key frame", says(func(c *encode.Chunk, _ bool) { c.Key = true }), "key frame that is none"},
		{"makes no key frames", says(func(c *encode.Chunk, _ bool) {
			c.Data, c.Key = append(c.Data[:0], picture(false, c.Width, c.Height)...), false
		}), "no key frame"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &rogue{encode: c.encode(t)}
				second, k, out, log := watchRogue(t, r)
				time.Sleep(time.Second)
				drain(out)
				r.told.Store(true)
				k.RequestKeyframe()
				told := time.Now()
				first := <-out
				for !bytes.HasSuffix(first.Data, second.mark) {
					if time.Since(told) > 2*time.Second {
						t.Fatalf("no other encoder after two seconds; the log: %s", log)
					}
					first = <-out
				}
				replaced := time.Since(told)
				if most := 300 * time.Millisecond; replaced > most && c.name != "ignores its bit rate" {
					t.Errorf("replaced after %v, want %v at most", replaced, most)
				}
				if !first.Key {
					t.Error("the first chunk of the other encoder is no key frame")
				}
				time.Sleep(time.Second)
				if n := drain(out); n < 50 {
					t.Errorf("%d frames in the second after", n)
				}
				if !strings.Contains(log.String(), c.why) {
					t.Errorf("the log does not say %q: %s", c.why, log)
				}
			})
		})
	}
}

func TestEncoderThatHangsIsNotOpenedAgainUntilItComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		back := make(chan struct{})
		r := &rogue{open: func(*encode.Chunk, bool) error { <-back; return nil }}
		r.told.Store(true)
		second, _, out, _ := watchRogue(t, r)
		if first := <-out; !first.Key || second.opened.Load() != 1 {
			t.Fatalf("key %v, second opened %d times", first.Key, second.opened.Load())
		}
		second.broken.Store(true)
		time.Sleep(20 * time.Second)
		if n := r.opened.Load(); n != 0 {
			t.Fatalf("opened %d times while it hung", n)
		}
		drain(out)
		close(back)
		time.Sleep(3 * time.Second)
		if r.closed.Load() == 0 || r.opened.Load() != r.closed.Load()+1 {
			t.Errorf("opened %d and closed %d times, want the stray closed and another open", r.opened.Load(), r.closed.Load())
		}
		if drain(out) == 0 {
			t.Error("no picture after it came back")
		}
	})
}

func TestEncoderThatIsSlowAsARuleIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var took atomic.Int64
		r := &rogue{encode: func(*encode.Chunk, bool) error {
			time.Sleep(time.Duration(took.Load()))
			return nil
		}}
		r.told.Store(true)
		second, _, out, log := watchRogue(t, r)
		for _, slow := range []time.Duration{10, 60, 150, 700, 1500} {
			took.Store(int64(slow * time.Millisecond))
			time.Sleep(60 * slow * time.Millisecond)
		}
		if second.opened.Load() > 0 || drain(out) == 0 {
			t.Errorf("it was replaced: %s", log)
		}
	})
}

// The rate of a way may fall to a fortieth at once, and an encoder that keeps
// to it must then drop frames for seconds.
func TestEncoderMayDropFramesToKeepToItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var full float64
		var last time.Time
		r := &rogue{}
		r.encode = func(c *encode.Chunk, key bool) error {
			r.mu.Lock()
			bps := float64(cmp.Or(r.bitrate, 8_000_000))
			r.mu.Unlock()
			full = max(0, full-bps*time.Since(last).Seconds())
			last = time.Now()
			if full > bps/10 && !key {
				c.Data, c.Key = c.Data[:0], false
				return nil
			}
			c.Data = append(c.Data, bytes.Repeat([]byte{0x55}, 15_000)...)
			full += float64(8 * len(c.Data))
			return nil
		}
		r.told.Store(true)
		second, k, out, log := watchRogue(t, r)
		for _, bps := range []int{8_000_000, 200_000, 4_000_000, 300_000} {
			k.SetBitrate(bps)
			time.Sleep(10 * time.Second)
		}
		if second.opened.Load() > 0 || drain(out) == 0 {
			t.Errorf("it was replaced: %s", log)
		}
	})
}
