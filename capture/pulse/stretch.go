package pulse

import (
	"math"
	"time"
)

const (
	// lag is how far the frames' times may be from when the samples were
	// played before a frame is stretched or squeezed by one sample: more than
	// the clock trembles, since frames then no longer end where what the server
	// sends does, and wait for more; and far less than an ear notices beside a
	// picture.
	lag = 5 * time.Millisecond
	// maxLag is how far they may be at all. Beyond it time jumps.
	maxLag = 30 * time.Millisecond
)

// steady turns a sound card's time into ours. Frames follow each other at
// exactly 5 ms, so that a receiver finds no gap between them, and one of them
// now and then is made of one sample more or less than it has, which nobody
// hears: enough for clocks that differ by 4 in 1000, where bad ones differ by 2
// in 10,000.
type steady struct {
	due   time.Duration // when the next frame begins
	begun bool
}

// samples is how many the next frame is to be made of, the first of which was
// played at a time.
func (s *steady) samples(at time.Duration) int {
	off := at - s.due
	switch {
	case s.jumps(at):
		return frameSamples
	case off > lag: // the card is slow
		return frameSamples - 1
	case off < -lag:
		return frameSamples + 1
	}
	return frameSamples
}

// take is what the time of that frame is to be called.
func (s *steady) take(at time.Duration) (begins time.Duration) {
	if s.jumps(at) {
		// However the clock is set, sound does not run backwards.
		s.due, s.begun = max(at, s.due-frameTime/2), true
	}
	begins = s.due
	s.due += frameTime
	return begins
}

func (s *steady) jumps(at time.Duration) bool { return !s.begun || (at-s.due).Abs() > maxLag }

// stretch makes dst of src, which may be longer or shorter, by cubic
// interpolation between four samples (Catmull and Rom's). Both are interleaved.
func stretch(dst, src []int16, channels int) {
	n, m := len(src)/channels, len(dst)/channels
	if n == m {
		copy(dst, src)
		return
	}
	for i := range m {
		at := float64(i) * float64(n) / float64(m)
		first := int(at)
		t := at - float64(first)
		for c := range channels {
			sample := func(k int) float64 { return float64(src[min(max(k, 0), n-1)*channels+c]) }
			a, b, d, e := sample(first-1), sample(first), sample(first+1), sample(first+2)
			v := b + t/2*(d-a+t*(2*a-5*b+4*d-e+t*(3*(b-d)+e-a)))
			dst[i*channels+c] = int16(math.RoundToEven(min(max(v, math.MinInt16), math.MaxInt16)))
		}
	}
}
