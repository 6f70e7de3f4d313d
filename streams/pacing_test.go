package streams_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// drawn is a display on which an application draws at a steady rate. Its
// frames say when their change was drawn.
type drawn struct {
	every time.Duration
	taken chan capture.Frame
}

func (d *drawn) backend() capture.Backend {
	return capture.Backend{Name: "drawn", Open: func(context.Context, capture.Options) (capture.Source, error) {
		return &drawing{drawn: d, start: capture.Now(), seen: -1}, nil
	}}
}

type drawing struct {
	*drawn
	start time.Duration
	seen  int // the last drawing that was captured
}

func (d *drawing) Next(ctx context.Context) (*capture.Frame, error) {
	next := d.start + time.Duration(d.seen+1)*d.every
	if wait := next - capture.Now(); wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	now := capture.Now()
	d.seen = int((now - d.start) / d.every)
	f := encode.NewFrame(capture.BGRA, 64, 64)
	f.Time, f.Changed = now, next
	d.taken <- *f
	return f, nil
}

func (d *drawing) Snap(context.Context) (*capture.Frame, error) {
	f := encode.NewFrame(capture.BGRA, 64, 64)
	f.Time = capture.Now()
	return f, nil
}

func (d *drawing) Close() error { return nil }

// watch lets an application draw at a rate for 10 s before a viewer with a
// display of 60 Hz, and returns the frames that were captured.
func watch(t *testing.T, every time.Duration, during func(*streams.Track)) []capture.Frame {
	t.Helper()
	var c coder
	d := &drawn{every: every, taken: make(chan capture.Frame, 4096)}
	s := streams.NewTrack("desktop", streams.NewVideo(streams.VideoOptions{
		Backends: []capture.Backend{d.backend()}, Codecs: []encode.Codec{encode.H264}, Encoders: []encode.Backend{c.backend("a")}, FPS: 120,
	}))
	defer s.Close()
	k := attach(t, s, encode.H264)
	k.SetView(streams.View{Refresh: 60})
	go func() {
		for {
			if _, err := k.Next(context.Background()); err != nil {
				return
			}
		}
	}()
	time.Sleep(time.Second)
	for len(d.taken) > 0 {
		<-d.taken
	}
	go during(s)
	time.Sleep(10 * time.Second)
	synctest.Wait()
	var all []capture.Frame
	for len(d.taken) > 0 {
		all = append(all, <-d.taken)
	}
	return all
}

func nothing(*streams.Track) {}

func TestFramesKeepBelowTheViewersRefresh(t *testing.T) {
	for _, every := range []time.Duration{time.Second / 60, time.Second / 62, time.Second / 75, time.Second / 144, time.Millisecond} {
		t.Run(every.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := len(watch(t, every, nothing))
				if rate := float64(n) / 10; rate > 0.99*60 || rate < 0.96*60 {
					t.Fatalf("%.1f frames a second for a display of 60 Hz, want 1 to 3 %% less", rate)
				}
			})
		})
	}
}

func TestFramesOfASourceAtTheViewersRefreshAreFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		frames := watch(t, time.Second/60, nothing)
		var late []time.Duration
		for _, f := range frames {
			late = append(late, f.Time-f.Changed)
		}
		slices.Sort(late)
		if p95 := late[len(late)*95/100]; p95 > time.Millisecond {
			t.Fatalf("a frame in twenty is captured %v after it was drawn, want at once", p95)
		}
	})
}

func TestFramesOfASourceUnderTheViewersRefreshAreAllCaptured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = time.Second / 58
		frames := watch(t, every, nothing)
		for i, f := range frames {
			if f.Time != f.Changed {
				t.Fatalf("frame %d was captured %v after it was drawn", i, f.Time-f.Changed)
			}
		}
	})
}

func TestTurnsAreEvenForASourceThatIsMuchFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		frames := watch(t, time.Millisecond, nothing)
		for i := 100; i+1 < len(frames); i++ {
			if gap := frames[i+1].Time - frames[i].Time; gap < 15*time.Millisecond || gap > 19*time.Millisecond {
				t.Fatalf("a gap of %v between frames, want 17 ms", gap)
			}
		}
	})
}

func TestInputPullsACaptureForwardAndTheRateStaysBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var poked []time.Duration
		frames := watch(t, time.Millisecond, func(s *streams.Track) {
			for range 19 { // now and then, in the middle of a turn
				time.Sleep(507 * time.Millisecond)
				poked = append(poked, capture.Now())
				s.Poke("viewer")
			}
		})
		for _, p := range poked {
			i := slices.IndexFunc(frames, func(f capture.Frame) bool { return f.Time >= p+2*time.Millisecond })
			if i < 0 || frames[i].Time-p > 4*time.Millisecond {
				t.Fatalf("what an input changed was captured %v after it, want 2 ms", frames[i].Time-p)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		frames := watch(t, time.Millisecond, func(s *streams.Track) {
			for range 2500 {
				time.Sleep(4 * time.Millisecond)
				s.Poke("viewer")
			}
		})
		if rate := float64(len(frames)) / 10; rate > 60 {
			t.Fatalf("%.1f frames a second under a stream of input, want no more than the display shows", rate)
		}
	})
}
