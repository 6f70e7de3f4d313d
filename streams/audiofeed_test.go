package streams_test

import (
	"context"
	"errors"
	"math"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/opus"
	"github.com/causeway-rtc/causeway/streams"
)

// listen opens a feed as an Audio does.
func listen(t testing.TB, a *streams.AudioFeed) capture.AudioSource {
	t.Helper()
	src, err := a.Backend().Open(context.Background(), capture.AudioOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

func play(t testing.TB, a *streams.AudioFeed, s streams.Sound) {
	t.Helper()
	if err := a.SubmitAudio(s); err != nil {
		t.Fatal(err)
	}
}

// heard is a frame and when it came.
type heard struct {
	capture.AudioFrame
	came time.Duration
}

// hear takes all frames that come until so long after the last.
func hear(t *testing.T, src capture.AudioSource, silence time.Duration) []heard {
	t.Helper()
	var all []heard
	for {
		ctx, cancel := context.WithTimeout(context.Background(), silence)
		f, err := src.Next(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.Rate != 48000 || f.Channels != 2 || len(f.Samples) != 960 {
			t.Fatalf("a frame of %d samples at %d Hz in %d channels, want 960 at 48000 in 2", len(f.Samples), f.Rate, f.Channels)
		}
		h := heard{*f, capture.Now()}
		h.Samples = slices.Clone(f.Samples)
		all = append(all, h)
	}
}

// share is the part of a channel's power that lies at hz.
func share(samples []int16, channel int, hz float64) float64 {
	var re, im, power, n float64
	for i := channel; i < len(samples); i += 2 {
		v := float64(samples[i])
		s, c := math.Sincos(2 * math.Pi * hz * n / 48000)
		re, im, power, n = re+v*c, im+v*s, power+v*v, n+1
	}
	return 2 * (re*re + im*im) / n / max(power, 1)
}

func TestSubmittedToneArrives(t *testing.T) {
	encodetest.Need(t, opus.Backend)
	synctest.Test(t, func(t *testing.T) {
		a := streams.NewAudioFeed()
		track := streams.NewTrack("sound", streams.NewAudio(streams.AudioOptions{
			Backends: []capture.AudioBackend{a.Backend()}, Encoders: []encode.Backend{opus.Backend},
		}))
		defer track.Close()
		b, err := codecs.FindDecoder(codecs.All, encode.Opus)
		if err != nil {
			t.Fatal(err)
		}
		dec, err := b.NewAudioDecoder(encode.Params{})
		if err != nil {
			t.Fatal(err)
		}
		defer dec.Close()
		k := attach(t, track, encode.Opus)
		var got []int16
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				c, err := k.Next(context.Background())
				if err != nil {
					return
				}
				f, err := dec.Decode(c)
				if err != nil {
					t.Error(err)
					return
				}
				got = append(got, f.Samples...)
			}
		}()
		synctest.Wait()
		// A second of 440 Hz, mono at 44.1 kHz, 735 samples a picture.
		for i := range 60 {
			s := make([]float32, 735)
			for j := range s {
				s[j] = float32(0.25 * math.Sin(2*math.Pi*440*float64(i*735+j)/44100))
			}
			play(t, a, streams.Sound{F32: s, Rate: 44100, Channels: 1})
			time.Sleep(time.Second / 60)
		}
		time.Sleep(100 * time.Millisecond)
		k.Close()
		<-done
		if n := len(got) / 2; n < 46500 || n > 48000 {
			t.Fatalf("a second of sound arrived as %d samples", n)
		}
		for channel := range 2 {
			if s := share(got[9600:len(got)-len(got)%2], channel, 440); s < 0.98 {
				t.Errorf("%.3f of channel %d is at 440 Hz", s, channel)
			}
		}
	})
}

// ramp is n samples of stereo that count on from from.
func ramp(from, n int) []int16 {
	s := make([]int16, 0, 2*n)
	for i := range n {
		s = append(s, int16((from+i)%30000), int16(-(from+i)%30000))
	}
	return s
}

func TestSoundIsSentAsSubmittedAndInTime(t *testing.T) {
	for _, size := range []int{1, 100, 480, 800, 4800, 20000} {
		synctest.Test(t, func(t *testing.T) {
			a := streams.NewAudioFeed()
			src := listen(t, a)
			go func() {
				for at := 0; at < 96000; at += size {
					play(t, a, streams.Sound{S16: ramp(at, size)})
					time.Sleep(time.Duration(size) * time.Second / 48000)
				}
			}()
			began := capture.Now()
			all := hear(t, src, time.Second)
			if want := 96000 / 480; len(all) < want || len(all) > want+41 {
				t.Fatalf("in pieces of %d: %d frames, want %d", size, len(all), want)
			}
			for i, f := range all {
				if !slices.Equal(f.Samples, ramp(480*i, 480)) {
					t.Fatalf("in pieces of %d: frame %d is not what was submitted", size, i)
				}
				// Sleeps are whole nanoseconds, which makes pieces a little
				// early; the times follow them.
				want := began + time.Duration(i)*10*time.Millisecond
				if (f.Time - want).Abs() > time.Millisecond {
					t.Fatalf("in pieces of %d: frame %d is of %v, want %v", size, i, f.Time-began, want-began)
				}
				if early, late := f.Time-f.came, f.came-f.Time; early > 21*time.Millisecond || late > 11*time.Millisecond {
					t.Fatalf("in pieces of %d: frame %d of %v came at %v", size, i, f.Time-began, f.came-began)
				}
			}
		})
	}
}

func TestSoundAfterPauseIsOfNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := streams.NewAudioFeed()
		src := listen(t, a)
		for range 3 {
			began := capture.Now()
			play(t, a, streams.Sound{S16: ramp(0, 1000)})
			all := hear(t, src, 3*time.Second)
			if len(all) != 2 || all[0].Time != began || all[1].Time != began+10*time.Millisecond {
				t.Fatalf("%d frames, the first of %v, want 2 from %v on", len(all), all[0].Time, began)
			}
			// What was left of the sound before is gone.
			if !slices.Equal(all[0].Samples, ramp(0, 480)) {
				t.Fatal("the sound after a pause begins with what was before")
			}
		}
	})
}

func TestNoSoundIsNoFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := streams.NewAudioFeed()
		play(t, a, streams.Sound{S16: ramp(0, 4800)}) // nobody listens yet
		src := listen(t, a)
		if all := hear(t, src, time.Hour); len(all) > 0 {
			t.Fatalf("%d frames of nothing", len(all))
		}
		time.AfterFunc(time.Second, func() { src.Close() })
		if _, err := src.Next(context.Background()); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("Next after Close: %v, want net.ErrClosed", err)
		}
	})
}

func TestOldestSoundIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := streams.NewAudioFeed()
		src := listen(t, a)
		began := capture.Now()
		play(t, a, streams.Sound{S16: ramp(0, 120_000)})
		all := hear(t, src, time.Second)
		if len(all) != 100 || !slices.Equal(all[0].Samples, ramp(72_000, 480)) || all[0].Time != began {
			t.Fatalf("of 2.5 s at once %d frames came, the first of %v; want the last second from %v on", len(all), all[0].Time, began)
		}
		if last := all[99]; last.came != began+970*time.Millisecond {
			t.Fatalf("the last frame came after %v, want 970 ms", last.came-began)
		}
		// A reader that was away for long hears the latest.
		for i := range 500 {
			play(t, a, streams.Sound{S16: ramp(480*i, 480)})
			time.Sleep(10 * time.Millisecond)
		}
		now := capture.Now()
		all = hear(t, src, time.Second)
		if len(all) < 90 || len(all) > 100 || (now-all[0].Time-time.Second).Abs() > 20*time.Millisecond {
			t.Fatalf("after 5 s away %d frames, the first from %v before", len(all), now-all[0].Time)
		}
	})
}

// A program whose clock is off by ppm never gets far from the host's.
func TestSoundFollowsAProgramsClock(t *testing.T) {
	for _, ppm := range []float64{-500, 500} {
		synctest.Test(t, func(t *testing.T) {
			a := streams.NewAudioFeed()
			src := listen(t, a)
			s := streams.Sound{S16: ramp(0, 480)}
			const frames = 30_000 // five minutes
			go func() {
				for range frames {
					play(t, a, s)
					time.Sleep(time.Duration(10e6 * (1 - ppm/1e6)))
				}
			}()
			all := hear(t, src, time.Second)
			if len(all) != frames {
				t.Fatalf("at %v ppm: %d frames of %d", ppm, len(all), frames)
			}
			last := all[0]
			for i, f := range all[1:] {
				if (f.Time - f.came).Abs() > 10*time.Millisecond {
					t.Fatalf("at %v ppm: frame %d of %v came at %v", ppm, i+1, f.Time, f.came)
				}
				if step := f.Time - last.Time; step < 8*time.Millisecond || step > 12*time.Millisecond {
					t.Fatalf("at %v ppm: frame %d is %v after the one before", ppm, i+1, step)
				}
				last = f
			}
		})
	}
}

func TestSoundIsTurnedIntoSamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := streams.NewAudioFeed()
		src := listen(t, a)
		nan, inf := float32(math.NaN()), float32(math.Inf(1))
		f := make([]float32, 480)
		copy(f, []float32{0, 1, -1, 0.5, 2, -inf, nan, inf})
		play(t, a, streams.Sound{F32: f, Channels: 1})
		all := hear(t, src, time.Second)
		for i, want := range []int16{0, 32767, -32768, 16384, 32767, -32768, 0, 32767, 0} {
			if got := all[0].Samples[2*i : 2*i+2]; got[0] != want || got[1] != want {
				t.Errorf("sample %d, %v, became %v, want %d twice", i, f[i], got, want)
			}
		}
		// The rate may change; what is sent does not.
		for _, rate := range []int{8000, 44100, 48000, 22050} {
			play(t, a, streams.Sound{S16: make([]int16, rate), Rate: rate, Channels: 1})
			if all := hear(t, src, time.Second); len(all) < 99 || len(all) > 100 {
				t.Errorf("a second at %d Hz is %d frames", rate, len(all))
			}
		}
	})
}

func TestSoundAheadOfItsTimeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := streams.NewAudioFeed()
		src := listen(t, a)
		at := capture.Now() + 300*time.Millisecond
		play(t, a, streams.Sound{S16: ramp(0, 960), Time: at})
		all := hear(t, src, time.Second)
		if len(all) != 2 || all[0].Time != at || all[0].came != at-20*time.Millisecond {
			t.Fatalf("%d frames, the first of %v at %v; want it to be of %v", len(all), all[0].Time, all[0].came, at)
		}
	})
}

func TestSenselessSoundIsRefused(t *testing.T) {
	a := streams.NewAudioFeed()
	listen(t, a)
	for name, s := range map[string]streams.Sound{
		"both kinds":      {S16: make([]int16, 2), F32: make([]float32, 2)},
		"low rate":        {S16: make([]int16, 2), Rate: 7999},
		"high rate":       {S16: make([]int16, 2), Rate: 192001},
		"rate below zero": {S16: make([]int16, 2), Rate: -1},
		"six channels":    {S16: make([]int16, 6), Channels: 6},
		"channels":        {S16: make([]int16, 6), Channels: -2},
		"half a sample":   {F32: make([]float32, 3)},
	} {
		if err := a.SubmitAudio(s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	play(t, a, streams.Sound{})
}

func TestSubmittingSoundAllocatesNothing(t *testing.T) {
	for _, s := range []streams.Sound{
		{S16: make([]int16, 960)},
		{F32: make([]float32, 480), Channels: 1},
		{F32: make([]float32, 882), Rate: 44100},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := streams.NewAudioFeed()
			src := listen(t, a)
			ctx := t.Context()
			through := func() {
				for range 20 {
					play(t, a, s)
				}
				for range 19 {
					if _, err := src.Next(ctx); err != nil {
						t.Fatal(err)
					}
				}
			}
			through() // the filter and its room
			if n := testing.AllocsPerRun(20, through); n != 0 {
				t.Errorf("%d Hz: %v allocations", s.Rate, n)
			}
		})
	}
}
