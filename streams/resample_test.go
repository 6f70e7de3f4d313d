package streams

import (
	"math"
	"testing"
)

// tone is a stereo sine of hz at rate, n samples long.
func tone(hz float64, rate, n int) []float32 {
	out := make([]float32, 0, 2*n)
	for i := range n {
		v := float32(16000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
		out = append(out, v, -v)
	}
	return out
}

// noiseBelow is the power of a sine of hz in the left channel above all the
// rest, in decibels, and its amplitude.
func noiseBelow(samples []float32, hz float64) (db, amplitude float64) {
	// The best fit of a sine: over many periods, sine and cosine are at
	// right angles but for little, which the normal equations undo.
	var ss, cc, sc, sy, cy float64
	for i := 0; i < len(samples); i += 2 {
		s, c := math.Sincos(2 * math.Pi * hz * float64(i/2) / soundRate)
		y := float64(samples[i])
		ss, cc, sc, sy, cy = ss+s*s, cc+c*c, sc+s*c, sy+s*y, cy+c*y
	}
	det := ss*cc - sc*sc
	a, b := (sy*cc-cy*sc)/det, (cy*ss-sy*sc)/det
	var signal, noise float64
	for i := 0; i < len(samples); i += 2 {
		s, c := math.Sincos(2 * math.Pi * hz * float64(i/2) / soundRate)
		fit := a*s + b*c
		signal += fit * fit
		noise += (float64(samples[i]) - fit) * (float64(samples[i]) - fit)
	}
	return 10 * math.Log10(signal/noise), math.Hypot(a, b)
}

func TestResampledToneIsPure(t *testing.T) {
	for _, c := range []struct {
		rate int
		hz   float64
	}{
		{44100, 100},
		{44100, 1000},
		{44100, 5000},
		{44100, 12000},
		{44100, 18000},
		{8000, 440},
		{8000, 3000},
		{11025, 3000},
		{16000, 5000},
		{22050, 8000},
		{32000, 12000},
		{44056, 9999},
		{47999, 15000},
		{96000, 15000},
		{192000, 15000},
	} {
		r := newResampler(c.rate)
		in := tone(c.hz, c.rate, c.rate/2)
		var out []float32
		// Pieces of all sizes, of which no seam may be heard.
		for n := 1; len(in) > 0; n = n*3%997 + 1 {
			n = min(2*n, len(in))
			out = r.process(out, in[:n])
			in = in[n:]
		}
		if got, want := len(out)/2, soundRate/2; got > want || got < want-2*resampleLobes*soundRate/min(c.rate, soundRate) {
			t.Errorf("%d Hz: half a second is %d samples, want about %d", c.rate, got, want)
		}
		db, amplitude := noiseBelow(out[2000:], c.hz)
		t.Logf("%d Hz, tone of %v Hz: %.1f dB, amplitude %.0f", c.rate, c.hz, db, amplitude)
		if db < 72 || math.Abs(amplitude-16000) > 200 {
			t.Errorf("%d Hz: a tone of %v Hz is %.1f dB above the rest at an amplitude of %.0f, want 72 dB and 16000",
				c.rate, c.hz, db, amplitude)
		}
	}
}

func TestResamplerCutsOffWhatCannotBeCarried(t *testing.T) {
	r := newResampler(96000)
	out := r.process(nil, tone(30000, 96000, 48000))
	var most float64
	for _, v := range out[2000:] {
		most = max(most, math.Abs(float64(v)))
	}
	if most > 3 { // of 16000: 74 dB
		t.Errorf("30 kHz leaves %v in 48 kHz", most)
	}
}

func TestResampledSoundIsNotLate(t *testing.T) {
	r := newResampler(44100)
	in := tone(441, 44100, 4410)
	out := r.process(nil, in)
	for i := 0; i < len(out); i += 2 {
		want := 16000 * math.Sin(2*math.Pi*441*float64(i/2)/soundRate)
		if math.Abs(float64(out[i])-want) > 2000 { // it begins out of nothing
			t.Fatalf("sample %d is %v, want %.0f", i/2, out[i], want)
		}
	}
}
