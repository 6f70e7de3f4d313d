package streams_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// ladder is a Source that delivers a chunk for each rung every tick, whose
// width is that of the rung's picture of a desktop of 1280×720.
type ladder struct{ tick time.Duration }

func (s *ladder) Codecs() []encode.Codec { return []encode.Codec{encode.H264, encode.VP8} }

func (s *ladder) Run(ctx context.Context, d *streams.Demand) {
	d.SetSize(1280, 720)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(s.tick):
		}
		now := capture.Now()
		for _, w := range d.Wants(nil, now) {
			width, height := w.Scale.Of(1280, 720)
			d.Deliver(w.Rung, &encode.Chunk{Data: []byte{1}, Key: w.Key, Time: now, Width: width, Height: height}, 0)
		}
	}
}

func TestSinkChangesItsSizeAtAKeyframeAndMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := streams.NewTrack("desktop", &ladder{10 * time.Millisecond})
		defer s.Close()
		k, other := attach(t, s, encode.H264), attach(t, s, encode.H264)
		last, width := next(t, k), 1280
		next(t, other)
		for n, want := range []int{640, 320, 1280, 960} {
			k.SetView(streams.View{Width: want, Height: want * 9 / 16})
			changed := false
			for range 300 {
				c := next(t, k)
				if c.Time-last.Time != 10*time.Millisecond {
					t.Fatalf("change %d: a chunk %v after the last, want 10 ms", n, c.Time-last.Time)
				}
				if c.Width != width && !c.Key {
					t.Fatalf("change %d: the size changed without a key frame", n)
				}
				changed = changed || c.Width == want
				last, width = c, c.Width
				if o := next(t, other); o.Width != 1280 || o.Key && !c.Key {
					t.Fatalf("change %d: the other sink has a picture %d wide, key frame %v", n, o.Width, o.Key)
				}
			}
			if !changed {
				t.Fatalf("change %d: no picture %d wide came", n, want)
			}
		}
		if got := s.Stats().Rungs; got != 2 {
			t.Fatalf("%d rungs in the end, want 2", got)
		}
	})
}

func TestSlowViewerTakesNothingFromAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &wanter{got: make(chan streams.Want)}
		s := streams.NewTrack("desktop", src)
		defer s.Close()
		fast, slow := attach(t, s, encode.H264), attach(t, s, encode.H264)
		fast.SetBitrate(8_000_000)
		slow.SetBitrate(1_000_000)
		time.Sleep(20 * time.Millisecond)
		<-src.got
		rates := map[streams.Scale]int{}
		for range 4 {
			w := <-src.got
			rates[w.Scale] = w.Bitrate
		}
		if len(rates) != 2 || rates[streams.Full] != 8_000_000 || rates[streams.Third] != 1_000_000 {
			t.Fatalf("bit rates by scale are %v, want 8 Mbit/s in full and 1 Mbit/s at a third", rates)
		}
	})
}

func TestStormOfKeyframeRequestsLeavesOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := streams.NewTrack("desktop", &ladder{10 * time.Millisecond})
		defer s.Close()
		calm, wild := attach(t, s, encode.H264), attach(t, s, encode.H264)
		next(t, calm)
		keys := 0
		for n := range 1500 {
			wild.RequestKeyframe()
			if c := next(t, calm); n >= 500 && c.Key {
				keys++
			}
			next(t, wild)
		}
		if keys > 0 {
			t.Fatalf("%d key frames in the last 10 s for a viewer that asked for none", keys)
		}
	})
}

func TestRefreshIsThatOfTheViewerInControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &pointer{d: make(chan *streams.Demand, 1)}
		s := streams.NewTrack("desktop", src)
		defer s.Close()
		a, err := s.Attach(encode.H264, "a")
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Attach(encode.H264, "b")
		if err != nil {
			t.Fatal(err)
		}
		d := <-src.d
		a.SetView(streams.View{Refresh: 60})
		b.SetView(streams.View{Refresh: 144})
		if got := d.Refresh(); got != 60 {
			t.Fatalf("at first %v Hz, want those of the first viewer", got)
		}
		s.Poke("b")
		if got := d.Refresh(); got != 144 {
			t.Fatalf("%v Hz after the second did something, want its 144", got)
		}
		b.Close()
		if got := d.Refresh(); got != 60 {
			t.Fatalf("%v Hz after it left, want 60", got)
		}
	})
}
