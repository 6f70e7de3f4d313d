package pattern_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/capture/pattern"
)

// picture makes an empty BGRA frame with a stride that is not the width's.
func picture(w, h int) *capture.Frame {
	stride := 4*w + 64
	return &capture.Frame{
		Width: w, Height: h, Format: capture.BGRA,
		Plane: [3][]byte{make([]byte, stride*h)}, Stride: [3]int{stride},
	}
}

// luma makes a frame of the brightness of f, as I420 in limited range, scaled
// to w×h by taking the nearest pixel, with noise as bad coding makes.
func luma(f *capture.Frame, w, h int, format capture.PixelFormat, noise int) *capture.Frame {
	out := &capture.Frame{Width: w, Height: h, Format: format, Stride: [3]int{w}}
	out.Plane[0] = make([]byte, w*h)
	random := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			p := f.Plane[0][y*f.Height/h*f.Stride[0]+4*(x*f.Width/w):]
			v := 16 + (int(p[0])*25+int(p[1])*129+int(p[2])*66)/256
			v += random.IntN(2*noise+1) - noise
			out.Plane[0][y*w+x] = byte(min(max(v, 0), 255))
		}
	}
	return out
}

func TestConformance(t *testing.T) {
	capturetest.Run(t, pattern.Backend, capturetest.Options{
		Capture: capture.Options{Width: 322, Height: 181, FPS: 100}, Width: 322, Height: 181,
	})
}

func TestDefaults(t *testing.T) {
	s, err := pattern.Backend.Open(t.Context(), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if f.Width != 1280 || f.Height != 720 {
		t.Errorf("size = %d×%d, want 1280×720", f.Width, f.Height)
	}
	if got, ok := pattern.Read(f); !ok || got != f.Time.Truncate(time.Millisecond) {
		t.Errorf("timestamp = %v, %v, want %v", got, ok, f.Time)
	}
	if _, err := pattern.Backend.Open(t.Context(), capture.Options{Width: 1 << 20, Height: 1}); err == nil {
		t.Error("a picture too large for anything was made")
	}
}

func TestTimestampSurvives(t *testing.T) {
	times := []time.Duration{
		0, 1234567 * time.Millisecond,
		(1<<32 - 1) * time.Millisecond, 0xaaaaaaaa * time.Millisecond,
	}
	for _, size := range [][2]int{{1280, 720}, {321, 181}, {80, 64}} {
		for _, want := range times {
			f := picture(size[0], size[1])
			pattern.Draw(f, want)
			for _, g := range []*capture.Frame{
				f,
				luma(f, f.Width, f.Height, capture.I420, 60),
				luma(f, f.Width*2/3+40, f.Height*2/3+30, capture.NV12, 20),
				luma(f, f.Width*2, f.Height*2, capture.I420, 20),
			} {
				if got, ok := pattern.Read(g); !ok || got != want {
					t.Errorf("%d×%d as %v %d×%d: read %v, %v, want %v",
						f.Width, f.Height, g.Format, g.Width, g.Height, got, ok, want)
				}
			}
		}
	}
}

func TestNoTimestampIsSeenWhereNoneIs(t *testing.T) {
	for name, value := range map[string]byte{"black": 0, "grey": 127, "white": 255} {
		f := picture(640, 360)
		for i := range f.Plane[0] {
			f.Plane[0][i] = value
		}
		if got, ok := pattern.Read(f); ok {
			t.Errorf("a %s picture reads %v", name, got)
		}
	}
	if _, ok := pattern.Read(picture(20, 20)); ok {
		t.Error("a picture too small for a timestamp reads one")
	}
	f := picture(640, 360)
	pattern.Draw(f, time.Minute)
	// One block, turned over, as a torn frame would have it.
	for y := range 22 {
		for x := 32 * 19; x < 32*20; x++ {
			p := f.Plane[0][y*f.Stride[0]+4*x:]
			p[0], p[1], p[2] = ^p[0], ^p[1], ^p[2]
		}
	}
	if got, ok := pattern.Read(f); ok {
		t.Errorf("a damaged timestamp reads %v", got)
	}
}

func TestEverySizeCanBeDrawn(t *testing.T) {
	for w := 1; w < 70; w += 7 {
		for h := 1; h < 70; h += 5 {
			f := picture(w, h)
			for at := time.Duration(0); at < 5*time.Second; at += 333 * time.Millisecond {
				pattern.Draw(f, at)
			}
		}
	}
}

func TestRateIsKept(t *testing.T) {
	s, err := pattern.Backend.Open(t.Context(), capture.Options{Width: 160, Height: 90, FPS: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	start := time.Now()
	for range 21 {
		f, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f.Release()
	}
	if took := time.Since(start); took < 190*time.Millisecond {
		t.Errorf("20 periods of 10 ms took %v", took)
	}
}

func BenchmarkDraw(b *testing.B) {
	for _, size := range [][2]int{{1280, 720}, {1920, 1080}} {
		b.Run(fmt.Sprintf("%dp", size[1]), func(b *testing.B) {
			f := picture(size[0], size[1])
			t := time.Duration(0)
			b.ReportAllocs()
			for b.Loop() {
				t += time.Second / 60
				pattern.Draw(f, t)
			}
		})
	}
}

func ExampleRead() {
	f := &capture.Frame{
		Width: 320, Height: 180, Format: capture.BGRA,
		Plane: [3][]byte{make([]byte, 4*320*180)}, Stride: [3]int{4 * 320},
	}
	pattern.Draw(f, 90210*time.Millisecond)
	fmt.Println(pattern.Read(f))
	// Output: 1m30.21s true
}
