package x264_test

import (
	"math"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/avcodec"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/x264"
)

// scroller encodes what a window over a long page shows, 60 times a second.
type scroller struct {
	t     *testing.T
	sheet *capture.Frame
	e     encode.Encoder
	at    time.Duration
	frame capture.Frame // the last
	chunk encode.Chunk
}

const scrollHeight = 360

func newScroller(t *testing.T, b encode.Backend) *scroller {
	t.Helper()
	encodetest.Need(t, b)
	e, err := b.NewEncoder(encode.Params{Width: 640, Height: scrollHeight})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return &scroller{t: t, sheet: page(640, 12*scrollHeight, 3), e: e}
}

// show encodes the page from row top on and returns how many bits that took.
func (s *scroller) show(top int) int {
	s.frame = *s.sheet
	s.frame.Height, s.frame.Time = scrollHeight, s.at
	s.frame.Plane[0] = s.frame.Plane[0][top*s.frame.Stride[0]:]
	s.at += time.Second / 60
	if err := s.e.Encode(&s.chunk, &s.frame, false); err != nil {
		s.t.Fatal(err)
	}
	return 8 * len(s.chunk.Data)
}

func TestTextThatScrollsCostsWhatComesIntoView(t *testing.T) {
	for _, c := range []struct {
		backend    encode.Backend
		step, most int
	}{
		{x264.High444, 3, 30_000},
		{x264.High444, 21, 90_000},
		{x264.Backend, 2, 18_000},
		{x264.Backend, 3, 42_000},
		{x264.Backend, 21, 85_000},
		{x264.Backend, 50, 120_000},
	} {
		s, bits := newScroller(t, c.backend), 0
		for range 60 {
			s.show(0)
		}
		for i := range 60 {
			bits += s.show(i * c.step)
		}
		t.Logf("%s: scrolling by %d pixels takes %d bits a frame", c.backend.Name, c.step, bits/60)
		if bits/60 > c.most {
			t.Errorf("%s: scrolling by %d pixels takes %d bits a frame, want %d at most", c.backend.Name, c.step, bits/60, c.most)
		}
	}
}

// Sideways, the search reaches twice as far.
func TestTextThatScrollsSidewaysCostsWhatComesIntoView(t *testing.T) {
	for _, b := range []encode.Backend{x264.High444, x264.Backend} {
		s, bits := newScroller(t, b), 0
		sheet := page(2400, scrollHeight, 4)
		for i := range 60 {
			f := *sheet
			f.Width, f.Plane[0], f.Time = 640, sheet.Plane[0][4*25*i:], time.Duration(i)*time.Second/60
			if err := s.e.Encode(&s.chunk, &f, false); err != nil {
				t.Fatal(err)
			}
			if i >= 20 {
				bits += 8 * len(s.chunk.Data)
			}
		}
		t.Logf("%s: scrolling sideways by 25 pixels takes %d bits a frame", b.Name, bits/40)
		if bits/40 > 40_000 {
			t.Errorf("%s: scrolling sideways by 25 pixels takes %d bits a frame, want 40000 at most", b.Name, bits/40)
		}
	}
}

// In 4:2:0 colours are mended a part at a time while text scrolls, and all of
// them when it stands still.
func TestColoursStayNearWhileTextScrolls(t *testing.T) {
	encodetest.Need(t, avcodec.Backend)
	d, err := avcodec.Backend.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, worst := newScroller(t, x264.Backend), math.Inf(1)
	show := func(top int) float64 {
		s.show(top)
		got, err := d.Decode(&s.chunk)
		if err != nil || got == nil {
			t.Fatalf("no picture: %v", err)
		}
		return chromaPSNR(t, got, &s.frame)
	}
	for range 60 {
		show(0)
	}
	for i := range 60 {
		worst = min(worst, show(i*3))
	}
	still := show(59 * 3)
	t.Logf("colours are at %.1f dB at worst, and at %.1f in the first picture that stands still", worst, still)
	if worst < 38 || still < 48 {
		t.Errorf("colours are at %.1f dB at worst, and at %.1f in the first picture that stands still; want 38 and 48", worst, still)
	}
}

// chromaPSNR is how near the chroma of got, which is I420, is to that of want.
func chromaPSNR(t *testing.T, got, want *capture.Frame) float64 {
	t.Helper()
	f := encode.NewFrame(capture.I420, want.Width, want.Height)
	if err := encode.Convert(f, want, encode.H264.Matrix); err != nil {
		t.Fatal(err)
	}
	var sum float64
	for plane := 1; plane <= 2; plane++ {
		for y := range f.Height / 2 {
			for x := range f.Width / 2 {
				d := float64(got.Plane[plane][y*got.Stride[plane]+x]) - float64(f.Plane[plane][y*f.Stride[plane]+x])
				sum += d * d
			}
		}
	}
	return 10 * math.Log10(255*255*float64(f.Width*f.Height/2)/max(sum, 1))
}

func TestScrollingAllocatesNothing(t *testing.T) {
	s, top := newScroller(t, x264.Backend), 0
	next := func() { top = (top + 7) % 1000; s.show(top) }
	for range 300 {
		next()
	}
	if n := testing.AllocsPerRun(300, next); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// What the scrolling cost says nothing about a page that is turned after it.
func TestPageTurnedAfterScrollingIsNotLate(t *testing.T) {
	for _, b := range []encode.Backend{x264.Backend, x264.High444} {
		s := newScroller(t, b)
		for i := range 120 {
			s.show(2 * i)
		}
		const rate, most = 8_000_000, 0.05 // s
		if bits := s.show(6 * scrollHeight); bits > rate*most {
			t.Errorf("%s: the page takes %d bits, want %g at most", b.Name, bits, rate*most)
		}
	}
}
