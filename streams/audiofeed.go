package streams

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

const (
	// minFeedRate and maxFeedRate bound a submitted sound's rate.
	minFeedRate, maxFeedRate = 8000, 192000
	// feedPiece is how many samples for each channel are converted at a time,
	// so that what that takes does not grow with what is submitted.
	feedPiece = 4800
)

// Sound is what a program submits to an [AudioFeed]: any number of samples.
// It stays the program's.
type Sound struct {
	// S16 or F32 holds the samples, interleaved: left, right, left, … One of
	// them is set. Full scale of F32 is from -1 to 1; what is beyond is cut
	// off, and what is no number is silence.
	S16 []int16
	F32 []float32
	// Rate is in samples a second and channel, from 8000 to 192000. Zero
	// means 48000, which is sent as it is; others are resampled. Channels is
	// 1 or 2; zero means 2. A change of Rate costs a new filter.
	Rate, Channels int
	// Time is when the first sample should be heard, on the clock of
	// [capture.Now], at most a second from now; it matters for what is
	// submitted ahead of time. Zero means now, or after the sound before.
	Time time.Duration
}

// AudioFeed takes the place of a recording: a program that makes its own sound
// submits it, and an [Audio] with the feed's Backend sends it as 48 kHz
// stereo in frames of 10 ms.
//
// What is submitted without a pause is heard without a gap, and its frames'
// times follow each other at 10 ms, but for at most 2 ms in a second by which
// they follow a program whose clock runs faster or slower. A frame is sent
// when its time has come, not in the bursts it was submitted in. Sound that
// comes 100 ms or more after the sound before has ended starts anew, and what
// there was of an unfinished frame, less than 10 ms, is dropped. Where nothing
// is submitted nothing is sent.
//
// A second of sound is kept; of more the oldest is dropped. While nobody
// listens all is. A feed starts nothing, so there is nothing to close. Its
// methods may be called from any goroutine.
type AudioFeed struct {
	mu      sync.Mutex
	sources []*soundSource
	filter  *resampler    // nil until a rate needs one
	rate    int           // of the sound before, zero when there is none
	end     time.Duration // when the sound before ends
	wide    []float32     // a piece as stereo
	even    []float32     // a piece at soundRate
	samples []int16       // a piece as it is sent
}

// NewAudioFeed makes a feed without sound.
func NewAudioFeed() *AudioFeed { return &AudioFeed{} }

// Backend is what to put into [AudioOptions.Backends].
func (a *AudioFeed) Backend() capture.AudioBackend {
	return capture.AudioBackend{
		Name:    "feed",
		Sources: func(context.Context, capture.AudioOptions) ([]string, error) { return []string{"feed"}, nil },
		Open: func(context.Context, capture.AudioOptions) (capture.AudioSource, error) {
			return a.open(), nil
		},
	}
}

// SubmitAudio adds s to what is heard. It copies s and never waits. It
// allocates nothing while rate and sizes stay the same. An error says what is
// wrong with s, of which nothing is then heard.
func (a *AudioFeed) SubmitAudio(s Sound) error {
	if err := s.complete(); err != nil || s.count() == 0 {
		return err
	}
	now := capture.Now()
	if s.Time == 0 {
		s.Time = now
	}
	s.Time = min(max(s.Time, now-soundMost), now+soundMost)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.sources) == 0 {
		a.rate = 0 // who comes next hears nothing of what was before
		return nil
	}
	if s.Rate != a.rate || s.Time-a.end > soundPause {
		a.begin(s.Rate)
	}
	a.end = min(max(a.end, s.Time)+s.length(), now+soundMost)
	for _, k := range a.sources {
		k.arrive(s.Time)
	}
	for n := s.count(); n > 0; n = s.count() {
		a.convert(s.cut(min(n, feedPiece)))
		for _, k := range a.sources {
			k.push(a.samples, now)
		}
	}
	return nil
}

// complete fills in defaults, or says what is wrong.
func (s *Sound) complete() error {
	if s.Rate == 0 {
		s.Rate = soundRate
	}
	if s.Channels == 0 {
		s.Channels = 2
	}
	switch n := len(s.S16) + len(s.F32); {
	case len(s.S16) > 0 && len(s.F32) > 0:
		return errors.New("streams: sound of both S16 and F32 samples")
	case s.Rate < minFeedRate || s.Rate > maxFeedRate:
		return fmt.Errorf("streams: sound of %d Hz: it takes %d to %d", s.Rate, minFeedRate, maxFeedRate)
	case s.Channels < 1 || s.Channels > 2:
		return fmt.Errorf("streams: sound of %d channels: it takes 1 or 2; mix more down", s.Channels)
	case n%s.Channels != 0:
		return fmt.Errorf("streams: %d samples do not divide into %d channels", n, s.Channels)
	}
	return nil
}

// count is how many samples each channel has.
func (s *Sound) count() int { return (len(s.S16) + len(s.F32)) / s.Channels }

// length is how long s sounds.
func (s *Sound) length() time.Duration {
	return time.Duration(float64(s.count()) / float64(s.Rate) * float64(time.Second))
}

// cut takes the first n samples of each channel off s.
func (s *Sound) cut(n int) Sound {
	piece := *s
	if n *= s.Channels; len(s.S16) > 0 {
		piece.S16, s.S16 = s.S16[:n], s.S16[n:]
	} else {
		piece.F32, s.F32 = s.F32[:n], s.F32[n:]
	}
	return piece
}

// begin readies the filter for sound that follows nothing.
func (a *AudioFeed) begin(rate int) {
	a.rate = rate
	switch {
	case rate == soundRate:
		a.filter = nil
	case a.filter == nil || a.filter.rate != rate:
		a.filter = newResampler(rate)
	default:
		a.filter.reset()
	}
}

// convert sets samples to s as 48 kHz stereo.
func (a *AudioFeed) convert(s Sound) {
	a.samples = a.samples[:0]
	if a.filter == nil && len(s.S16) > 0 {
		for i := 0; i < len(s.S16); i += s.Channels {
			a.samples = append(a.samples, s.S16[i], s.S16[i+s.Channels-1])
		}
		return
	}
	a.wide = a.wide[:0]
	for i := 0; i < len(s.S16); i += s.Channels {
		a.wide = append(a.wide, float32(s.S16[i]), float32(s.S16[i+s.Channels-1]))
	}
	for i := 0; i < len(s.F32); i += s.Channels {
		a.wide = append(a.wide, scale(s.F32[i]), scale(s.F32[i+s.Channels-1]))
	}
	out := a.wide
	if a.filter != nil {
		a.even = a.filter.process(a.even[:0], a.wide)
		out = a.even
	}
	for _, v := range out {
		a.samples = append(a.samples, clip(float64(v)))
	}
}

// scale turns full scale from 1 to 32768. The filter must not get what is no
// number, which it would never forget.
func scale(v float32) float32 {
	if v != v {
		return 0
	}
	return min(max(v, -1), 1) * -math.MinInt16
}

// open starts a source.
func (a *AudioFeed) open() *soundSource {
	s := newSoundSource(a)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sources = append(a.sources, s)
	return s
}

// remove is soundSource.Close.
func (a *AudioFeed) remove(s *soundSource) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sources = slices.DeleteFunc(a.sources, func(o *soundSource) bool { return o == s })
}
