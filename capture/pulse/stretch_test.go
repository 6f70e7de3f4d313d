package pulse

import (
	"math"
	"testing"
	"time"
)

// An hour of a sound card whose clock is off, in packets of 5 ms that come up
// to 3 ms late: the times of the frames follow each other at 5 ms, and are
// those at which the samples were played.
func TestAnHourDoesNotDrift(t *testing.T) {
	for _, ppm := range []float64{-300, 0, 20, 300} {
		var c clock
		var s steady
		played := func(n int64) time.Duration {
			return time.Duration(float64(n) * 1e9 / rate * (1 + ppm*1e-6))
		}
		taken, late, last := int64(0), uint32(1), time.Duration(0)
		for n := int64(240); n < 3600*rate; n += 240 {
			late = late*1664525 + 1013904223
			c.arrive(played(n)+time.Duration(late>>8%3000)*time.Microsecond, 0, 240)
			at := c.at(taken)
			samples := s.samples(at)
			if n-taken < int64(samples) {
				continue
			}
			begins := s.take(at)
			if last != 0 && begins-last != frameTime {
				t.Fatalf("%v ppm: after %v a frame follows the one before by %v", ppm, begins, begins-last)
			}
			if off := begins - played(taken); n > 10*rate && off.Abs() > lag+3*time.Millisecond {
				t.Fatalf("%v ppm: after %v a frame is off by %v", ppm, begins, off)
			}
			last = begins
			taken += int64(samples)
		}
	}
}

func TestTimeJumpsAfterAPause(t *testing.T) {
	var s steady
	first := s.take(time.Second)
	second := s.take(time.Second + frameTime)
	later := s.take(3 * time.Second)
	if first != time.Second || second != first+frameTime || later != 3*time.Second {
		t.Errorf("frames begin at %v, %v and %v", first, second, later)
	}
	if back := s.take(2 * time.Second); back <= later {
		t.Errorf("a frame that is early begins at %v, after one at %v", back, later)
	}
}

func TestStretchKeepsATone(t *testing.T) {
	for _, n := range []int{frameSamples - 1, frameSamples, frameSamples + 1} {
		src, dst := make([]int16, 2*n), make([]int16, 2*frameSamples)
		wave := func(at float64) float64 { return 10000 * math.Sin(at/float64(n)*2*math.Pi*10) }
		for i := range n {
			src[2*i], src[2*i+1] = int16(wave(float64(i))), 77
		}
		stretch(dst, src, 2)
		for i := range frameSamples {
			want := wave(float64(i) * float64(n) / frameSamples)
			if got := float64(dst[2*i]); math.Abs(got-want) > 40 || dst[2*i+1] != 77 {
				t.Fatalf("sample %d of %d is %v and %d, want %.0f and 77", i, n, got, dst[2*i+1], want)
			}
		}
	}
}
