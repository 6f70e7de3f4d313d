package streams

import "math"

const (
	// soundRate is what all sound is turned into, in samples a second.
	soundRate = 48000
	// resampleLobes is how many samples on each side of a point make its
	// value, when the rate goes up. It is the filter's delay, half a
	// millisecond, and its quality: it passes 85 % of the band, and what lies
	// beyond or is mirrored is 80 dB down.
	resampleLobes = 24
	// resamplePhases is at how many points between two samples the filter is
	// worked out. Those in between lie on a line, at an error of 100 dB down.
	resamplePhases = 512
	// resampleBeta is the shape of the Kaiser window for 80 dB.
	resampleBeta = 7.857
	// resampleEdge is the middle of the filter's fall, as a share of half the
	// lower of the two rates.
	resampleEdge = 0.92
)

// resampler turns stereo of any rate into soundRate by a windowed sinc, in
// pieces of any size: it goes on where the piece before ended, so that no
// seam is heard.
type resampler struct {
	rate int
	taps int       // of one phase
	bank []float32 // resamplePhases+1 phases of taps
	// past holds the samples that have not gone by, left and right in turn;
	// the next value is made of its first taps samples and lies phase/soundRate
	// of a sample after the middle.
	past  []float32
	phase int
	tap   []float32 // the filter of one value
}

// newResampler makes a resampler from rate.
func newResampler(rate int) *resampler {
	// When the rate goes down the filter stretches, to cut off what the lower
	// rate cannot carry.
	stretch := max(1, float64(rate)/soundRate)
	half := int(math.Ceil(resampleLobes * stretch))
	r := &resampler{rate: rate, taps: 2 * half, tap: make([]float32, 2*half)}
	r.bank = make([]float32, (resamplePhases+1)*r.taps)
	cutoff := resampleEdge / stretch
	for p := range resamplePhases + 1 {
		phase := r.bank[p*r.taps:][:r.taps]
		values, sum := make([]float64, r.taps), 0.0
		for i := range values {
			// The distance from the point to sample i.
			x := float64(i-half+1) - float64(p)/resamplePhases
			values[i] = sinc(cutoff*x) * kaiser(x/float64(half))
			sum += values[i]
		}
		for i, v := range values {
			// A constant stays what it is at every phase.
			phase[i] = float32(v / sum)
		}
	}
	r.reset()
	return r
}

// reset forgets the sound before, as if there had been silence.
func (r *resampler) reset() {
	r.past, r.phase = append(r.past[:0], make([]float32, 2*(r.taps/2-1))...), 0
}

// process appends to dst what in makes possible. Both are stereo, left and
// right in turn.
func (r *resampler) process(dst, in []float32) []float32 {
	r.past = append(r.past, in...)
	at, n := 0, len(r.past)/2
	for at+r.taps <= n {
		r.at(r.phase)
		var left, right float32
		past := r.past[2*at:][:2*r.taps]
		for i, w := range r.tap {
			left += w * past[2*i]
			right += w * past[2*i+1]
		}
		dst = append(dst, left, right)
		r.phase += r.rate
		at += r.phase / soundRate
		r.phase %= soundRate
	}
	r.past = r.past[:copy(r.past, r.past[2*at:])]
	return dst
}

// at sets tap to the filter for a point that is phase/soundRate of a sample
// after another.
func (r *resampler) at(phase int) {
	p := phase * resamplePhases / soundRate
	frac := float32(phase*resamplePhases%soundRate) / soundRate
	a, b := r.bank[p*r.taps:][:r.taps], r.bank[(p+1)*r.taps:][:r.taps]
	for i := range r.tap {
		r.tap[i] = a[i] + frac*(b[i]-a[i])
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the Kaiser window, x from -1 to 1.
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(resampleBeta*math.Sqrt(1-x*x)) / bessel(resampleBeta)
}

// bessel is the modified Bessel function of the first kind and order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / 2 / k * (x / 2 / k)
		sum += term
	}
	return sum
}
