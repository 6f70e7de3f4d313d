package x264_test

import (
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/x264"
)

// scroller encodes what a window over a long page shows, 60 times a second.
type scroller struct {
	t     *testing.T
	sheet *capture.Frame
	e     encode.Encoder
	at    time.Duration
}

const scrollHeight = 360

func newScroller(t *testing.T) *scroller {
	t.Helper()
	encodetest.Need(t, x264.High444)
	e, err := x264.High444.NewEncoder(encode.Params{Width: 640, Height: scrollHeight})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return &scroller{t: t, sheet: page(640, 12*scrollHeight, 3), e: e}
}

// show encodes the page from row top on and returns how many bits that took.
func (s *scroller) show(top int) int {
	f := *s.sheet
	f.Height, f.Time = scrollHeight, s.at
	f.Plane[0] = f.Plane[0][top*f.Stride[0]:]
	s.at += time.Second / 60
	var c encode.Chunk
	if err := s.e.Encode(&c, &f, false); err != nil {
		s.t.Fatal(err)
	}
	return 8 * len(c.Data)
}

func TestTextThatScrollsCostsWhatComesIntoView(t *testing.T) {
	for step, most := range map[int]int{3: 30_000, 21: 90_000} {
		s, bits := newScroller(t), 0
		for range 60 {
			s.show(0)
		}
		for i := range 60 {
			bits += s.show(i * step)
		}
		t.Logf("scrolling by %d pixels takes %d bits a frame", step, bits/60)
		if bits/60 > most {
			t.Errorf("scrolling by %d pixels takes %d bits a frame, want %d at most", step, bits/60, most)
		}
	}
}

// What the scrolling cost says nothing about a page that is turned after it.
func TestPageTurnedAfterScrollingIsNotLate(t *testing.T) {
	s := newScroller(t)
	for i := range 120 {
		s.show(2 * i)
	}
	const rate, most = 8_000_000, 0.05 // s
	if bits := s.show(6 * scrollHeight); bits > rate*most {
		t.Errorf("the page takes %d bits, want %g at most", bits, rate*most)
	}
}
