package encodetest

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// tones are what the channels play in Hz, in the order of
// [capture.AudioFrame]: the fourth has low frequencies alone.
var tones = []float64{440, 1000, 700, 60, 1500, 2200}

// Tone returns frames of 10 ms of stereo at 48 kHz: a sine of left Hz on the
// one side and of right Hz on the other. The frame is valid until the next
// call.
func Tone(left, right float64) func(i int) *capture.AudioFrame { return chord(left, right) }

// chord is Tone with a channel for each frequency.
func chord(hz ...float64) func(i int) *capture.AudioFrame {
	const n = 480
	f := &capture.AudioFrame{Samples: make([]int16, len(hz)*n), Rate: 48000, Channels: len(hz)}
	return func(i int) *capture.AudioFrame {
		for j := range n {
			at := 2 * math.Pi * float64(i*n+j) / float64(f.Rate)
			for c, hz := range hz {
				f.Samples[len(f.Samples)/n*j+c] = int16(8000 * math.Sin(at*hz))
			}
		}
		f.Time = time.Duration(i) * 10 * time.Millisecond
		return f
	}
}

// share is the part of a channel's power that lies at hz.
func share(samples []int16, channels, channel int, hz float64) float64 {
	var re, im, power, n float64
	for i := channel; i < len(samples); i += channels {
		v, at := float64(samples[i]), 2*math.Pi*hz*n/48000
		re, im, power, n = re+v*math.Cos(at), im+v*math.Sin(at), power+v*v, n+1
	}
	return 2 * (re*re + im*im) / n / max(power, 1)
}

type audioSuite struct{ b encode.Backend }

// chord is a tone of its own for each channel of the codec.
func (s audioSuite) chord() func(i int) *capture.AudioFrame {
	return chord(tones[:s.b.Codec.Channels]...)
}

func runAudio(t *testing.T, b encode.Backend) {
	s := audioSuite{b}
	t.Run("Tone", s.tone)
	t.Run("Loss", s.loss)
	t.Run("SetBitrate", s.setBitrate)
	t.Run("WrongFrames", s.wrongFrames)
	t.Run("Allocations", s.allocations)
	t.Run("Close", s.close)
}

// open opens both halves, which are closed at the end of the test.
func (s audioSuite) open(t *testing.T) (encode.AudioEncoder, encode.AudioDecoder) {
	t.Helper()
	e, err := s.b.NewAudioEncoder(encode.Params{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.b.NewAudioDecoder(encode.Params{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(e.Close(), d.Close()); err != nil {
			t.Error(err)
		}
	})
	return e, d
}

// play encodes and decodes n frames of tone and returns the samples of those
// from skip on. Chunks for which lost is true do not arrive.
func (s audioSuite) play(t *testing.T, n, skip int, lost func(i int) bool) []int16 {
	t.Helper()
	e, d := s.open(t)
	tone := s.chord()
	var c encode.Chunk
	var out []int16
	for i := range n {
		f := tone(i)
		if err := e.Encode(&c, f); err != nil {
			t.Fatal(err)
		}
		if c.Time != f.Time || c.Duration != 10*time.Millisecond || !c.Key || len(c.Data) == 0 {
			t.Fatalf("chunk %d: %d bytes, time %v, duration %v, key %v", i, len(c.Data), c.Time, c.Duration, c.Key)
		}
		in := &c
		if lost(i) {
			in = nil
		}
		got, err := d.Decode(in)
		if err != nil {
			t.Fatalf("decode chunk %d: %v", i, err)
		}
		if len(got.Samples) != len(f.Samples) || got.Rate != f.Rate || got.Channels != f.Channels {
			t.Fatalf("chunk %d: %d samples at %d Hz in %d channels", i, len(got.Samples), got.Rate, got.Channels)
		}
		if i >= skip {
			out = append(out, got.Samples...)
		}
	}
	return out
}

func (s audioSuite) tone(t *testing.T) {
	got := s.play(t, 60, 10, func(int) bool { return false })
	for c, hz := range tones[:s.b.Codec.Channels] {
		if part := share(got, s.b.Codec.Channels, c, hz); part < 0.98 {
			t.Errorf("%.2f of channel %d is at its %v Hz", part, c, hz)
		}
	}
}

func (s audioSuite) loss(t *testing.T) {
	got := s.play(t, 60, 10, func(i int) bool { return i%20 == 19 })
	if l := share(got, s.b.Codec.Channels, 0, tones[0]); l < 0.8 {
		t.Errorf("with a chunk in twenty lost, %.2f of the left is at its %v Hz", l, tones[0])
	}
}

func (s audioSuite) setBitrate(t *testing.T) {
	e, _ := s.open(t)
	tone := s.chord()
	var c encode.Chunk
	for _, bps := range []int{16_000 * s.b.Codec.Channels, 96_000 * s.b.Codec.Channels} {
		if err := e.SetBitrate(bps); err != nil {
			t.Fatal(err)
		}
		sum := 0
		for i := range 100 {
			if err := e.Encode(&c, tone(i)); err != nil {
				t.Fatal(err)
			}
			sum += len(c.Data) * 8
		}
		if float64(sum) > 1.15*float64(bps) {
			t.Errorf("asked for %d bit/s, got %d", bps, sum)
		}
	}
}

func (s audioSuite) wrongFrames(t *testing.T) {
	e, d := s.open(t)
	var c encode.Chunk
	for _, f := range []capture.AudioFrame{
		{},
		{Samples: make([]int16, 960), Rate: 44100, Channels: 2},
		{Samples: make([]int16, 480), Rate: 48000, Channels: 1},
		{Samples: make([]int16, 7*s.b.Codec.Channels), Rate: 48000, Channels: s.b.Codec.Channels},
	} {
		if err := e.Encode(&c, &f); err == nil {
			t.Errorf("%d samples at %d Hz in %d channels: no error", len(f.Samples), f.Rate, f.Channels)
		}
	}
	if _, err := d.Decode(&encode.Chunk{Data: []byte{0xff, 0xff, 0xff}}); err == nil {
		t.Error("decode garbage: no error")
	}
}

func (s audioSuite) allocations(t *testing.T) {
	e, d := s.open(t)
	f := s.chord()(0)
	var c encode.Chunk
	n := testing.AllocsPerRun(50, func() {
		if err := e.Encode(&c, f); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func (s audioSuite) close(t *testing.T) {
	e, d := s.open(t)
	for range 2 {
		if err := errors.Join(e.Close(), d.Close()); err != nil {
			t.Fatal(err)
		}
	}
	var c encode.Chunk
	if err := e.Encode(&c, s.chord()(0)); !errors.Is(err, encode.ErrClosed) {
		t.Errorf("encode after Close: %v, want ErrClosed", err)
	}
	if _, err := d.Decode(&c); !errors.Is(err, encode.ErrClosed) {
		t.Errorf("decode after Close: %v, want ErrClosed", err)
	}
}
