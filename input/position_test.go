package input

import (
	"math"
	"testing"
)

func TestEveryPixelOfEverySizeComesBack(t *testing.T) {
	sizes := []int{1, 2, 3, 7, 640, 719, 720, 1079, 1080, 1920, 2160, 3840, 4096, 8191, 16384, 32767, 32768, 65534, 65535, 65536}
	for _, n := range sizes {
		for p := range n {
			v := FromPixel(p, n)
			if got := ToPixel(v, n); got != p {
				t.Fatalf("pixel %d of %d came back as %d", p, n, got)
			}
			if n > 1 {
				if want := math.Round(float64(p) * 65535 / float64(n-1)); float64(v) != want {
					t.Fatalf("FromPixel(%d, %d) = %d, want %v as PROTOCOL.md has it", p, n, v, want)
				}
			}
		}
	}
}

func TestEveryFractionRoundsAsTheProtocolSays(t *testing.T) {
	for _, n := range []int{2, 720, 1080, 1366, 65535} {
		for v := range 65536 {
			if got, want := ToPixel(uint16(v), n), math.Round(float64(v)*float64(n-1)/65535); float64(got) != want {
				t.Fatalf("ToPixel(%d, %d) = %d, want %v", v, n, got, want)
			}
		}
	}
}

func TestPixelsOutsideComeToTheEdge(t *testing.T) {
	for _, c := range []struct {
		p, n int
		want uint16
	}{{-5, 100, 0}, {100, 100, 65535}, {5, 0, 0}, {0, 1, 0}, {9, 1, 0}} {
		if got := FromPixel(c.p, c.n); got != c.want {
			t.Errorf("FromPixel(%d, %d) = %d, want %d", c.p, c.n, got, c.want)
		}
	}
	if got := ToPixel(65535, 0); got != 0 {
		t.Errorf("ToPixel of no pixels = %d", got)
	}
}
