package encode

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
)

// noisy is a frame of which no two bytes are alike but by chance.
func noisy(format capture.PixelFormat, width, height int) *capture.Frame {
	f := NewFrame(format, width, height)
	r := rand.NewChaCha8([32]byte{byte(format)})
	for _, p := range f.Plane {
		_, _ = r.Read(p)
	}
	return f
}

func TestTapsAddUpToOne(t *testing.T) {
	for _, n := range []int{1, 2, 7, 64, 683, 1366, 1920, 4096} {
		for _, m := range []int{n, n * 3 / 4, n / 2, n / 3, n / 4} {
			if m == 0 || float64(n)/float64(m) > maxRatio {
				continue
			}
			for i, tap := range newTaps(n, m) {
				sum := 0
				for _, w := range tap.weights[:tap.n] {
					sum += int(w)
				}
				if sum != 1<<tapBits || int(tap.at+tap.n) > n {
					t.Fatalf("%d to %d: sample %d has taps %+v", n, m, i, tap)
				}
			}
		}
	}
}

func TestScaledPictureIsTheMean(t *testing.T) {
	f := NewFrame(capture.BGRA, 6, 6)
	for i := range f.Plane[0] {
		f.Plane[0][i] = byte(i % 4 * 10) // the same in every pixel
	}
	copy(f.Plane[0], []byte{100, 100, 100, 100}) // but one
	var s Scaler
	got, err := s.Scale(f, 3, 3)
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{25, 33, 40, 48, 0, 10, 20, 30}; !bytes.Equal(got.Plane[0][:8], want) {
		t.Fatalf("the first two pixels are %v, want %v", got.Plane[0][:8], want)
	}
}

// TestScaledInCIsScaledInGo also scales to and from odd sizes.
func TestScaledInCIsScaledInGo(t *testing.T) {
	for _, format := range []capture.PixelFormat{capture.BGRA, capture.I420, capture.NV12} {
		for _, size := range [][4]int{{64, 48, 48, 36}, {641, 359, 320, 180}, {101, 77, 34, 26}, {255, 131, 64, 32}, {17, 17, 9, 9}} {
			t.Run(fmt.Sprint(format, size), func(t *testing.T) {
				f := noisy(format, size[0], size[1])
				var s Scaler
				got, err := s.Scale(f, size[2], size[3])
				if err != nil {
					t.Fatal(err)
				}
				for i := range got.Plane {
					wide, rows := planeSize(got, i)
					if rows == 0 {
						continue
					}
					half, samples := 0, wide/max(size[2], 1)
					if format != capture.BGRA {
						samples = 1
						if i > 0 {
							half = 1
						}
						if i > 0 && format == capture.NV12 {
							samples = 2
						}
					}
					want := make([]byte, len(got.Plane[i]))
					scalePlaneGeneric(want, got.Stride[i], f.Plane[i], f.Stride[i], samples, s.x[half], s.y[half], image.Point{}, s.row)
					if !bytes.Equal(want, got.Plane[i]) {
						t.Fatalf("plane %d differs", i)
					}
				}
			})
		}
	}
}

func TestScalerFollowsDamage(t *testing.T) {
	for _, format := range []capture.PixelFormat{capture.BGRA, capture.I420, capture.NV12} {
		for _, to := range [][2]int{{301, 203}, {224, 152}, {150, 102}, {100, 68}, {76, 50}} {
			f := noisy(format, 301, 203)
			var s, whole Scaler
			if _, err := s.Scale(f, to[0], to[1]); err != nil {
				t.Fatal(err)
			}
			for n := range 50 {
				r := image.Rect(rand.IntN(301), rand.IntN(203), rand.IntN(301), rand.IntN(203))
				even := image.Rect(r.Min.X&^1, r.Min.Y&^1, min((r.Max.X+1)&^1, 301), min((r.Max.Y+1)&^1, 203))
				if even.Empty() {
					continue
				}
				copyRect(f, noisy(format, 301, 203), even)
				for i := range f.Plane {
					if len(f.Plane[i]) > 0 {
						at(f, i, even.Min.X, even.Min.Y)[0] = byte(n)
					}
				}
				f.Damage = []image.Rectangle{even}
				got, err := s.Scale(f, to[0], to[1])
				if err != nil {
					t.Fatal(err)
				}
				f.Damage = nil
				want, err := whole.Scale(f, to[0], to[1])
				if err != nil {
					t.Fatal(err)
				}
				for i := range got.Plane {
					if !bytes.Equal(got.Plane[i], want.Plane[i]) {
						t.Fatalf("%v to %v: plane %d differs after damage %v", format, to, i, even)
					}
				}
			}
		}
	}
}

func TestScalerRefusesWhatItCannotDo(t *testing.T) {
	var s Scaler
	f := NewFrame(capture.BGRA, 64, 64)
	for _, to := range [][2]int{{65, 64}, {0, 10}, {64, 10}, {-1, 5}} {
		if _, err := s.Scale(f, to[0], to[1]); err == nil {
			t.Errorf("64×64 was scaled to %v", to)
		}
	}
	f.Plane[0] = f.Plane[0][:100]
	if _, err := s.Scale(f, 32, 32); err == nil {
		t.Error("a frame without pixels was scaled")
	}
}

func BenchmarkScale(b *testing.B) {
	f := noisy(capture.BGRA, 1920, 1080)
	for _, to := range [][2]int{{1440, 810}, {960, 540}, {640, 360}, {480, 270}} {
		b.Run(fmt.Sprintf("1080p to %dx%d", to[0], to[1]), func(b *testing.B) {
			var s Scaler
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Scale(f, to[0], to[1]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
