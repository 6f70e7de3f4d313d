package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// hush is how long digital silence goes on being sent: long enough for the
// echo of a sound to die away, after which a receiver conceals on its own.
const hush = 300 * time.Millisecond

// AudioOptions configures an [Audio].
type AudioOptions struct {
	// Backends are the ways to record, in order of preference.
	Backends []capture.AudioBackend
	// Capture is passed to the backend.
	Capture capture.AudioOptions
	// Encoders are the encoders, one for each codec that is offered, best
	// first. One of fewer channels than are recorded gets them mixed down.
	Encoders []encode.Backend
	// Bitrate in bits a second and channel. Zero means 64 kbit/s.
	Bitrate int
	// Status, when not nil, is told when the sound stops, with what to tell a
	// person, and when it is there again.
	Status func(ok bool, message string)
	// Log; nil discards.
	Log *slog.Logger
}

func (o AudioOptions) withDefaults() AudioOptions {
	if o.Bitrate == 0 {
		o.Bitrate = 64_000
	}
	if o.Status == nil {
		o.Status = func(bool, string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Audio is the [Source] of what a computer's speakers play.
type Audio struct{ o AudioOptions }

// NewAudio makes a source. It opens nothing until a stream runs it.
func NewAudio(o AudioOptions) *Audio { return &Audio{o: o.withDefaults()} }

// Codecs lists what it can encode to, best first.
func (a *Audio) Codecs() []encode.Codec {
	codecs := make([]encode.Codec, len(a.o.Encoders))
	for i, b := range a.o.Encoders {
		codecs[i] = b.Codec
	}
	return codecs
}

// Run records and encodes until ctx is done. When the sound server goes away
// it tries again until it is back.
func (a *Audio) Run(ctx context.Context, d *Demand) {
	retry := retryFirst
	lost := false
	for ctx.Err() == nil {
		src, err := capture.OpenAudio(ctx, a.o.Backends, a.o.Capture)
		if err == nil {
			if lost {
				a.o.Status(true, "The sound is back.")
			}
			lost, retry = false, retryFirst
			err = a.session(ctx, src, d)
			src.Close()
		}
		if ctx.Err() != nil {
			return
		}
		if !lost {
			a.o.Log.Warn("sound stopped; trying again until it is back", "err", err)
			a.o.Status(false, "The host's sound went away. It comes back by itself when the sound server does.")
			lost = true
		}
		sleep(ctx, retry)
		retry = min(2*retry, retryMost)
	}
}

// session records from src until it dies or ctx is done.
func (a *Audio) session(ctx context.Context, src capture.AudioSource, d *Demand) error {
	s := audioSession{a: a, d: d}
	defer s.close()
	var heard time.Duration // when there was sound last
	for {
		f, err := src.Next(ctx)
		if err != nil {
			return err
		}
		if !silent(f.Samples) {
			heard = f.Time
		} else if f.Time-heard > hush {
			continue
		}
		if err := s.encode(f); err != nil {
			return err
		}
	}
}

// audioSession is the encoders of one recording.
type audioSession struct {
	a     *Audio
	d     *Demand
	open  []audioRendition
	wants []Want
	mixed capture.AudioFrame
}

// audioRendition is the sound in one codec.
type audioRendition struct {
	codec encode.Codec
	enc   encode.AudioEncoder
}

// encode encodes f for every codec that is wanted.
func (s *audioSession) encode(f *capture.AudioFrame) error {
	s.wants = s.d.Wants(s.wants[:0], capture.Now())
	for _, w := range s.wants {
		began := capture.Now()
		in := f
		if w.Codec.Channels < f.Channels {
			s.mixed.Samples = mixDown(s.mixed.Samples[:0], f.Samples)
			s.mixed.Rate, s.mixed.Channels, s.mixed.Time = f.Rate, 2, f.Time
			in = &s.mixed
		}
		enc, err := s.encoder(w.Codec, in)
		if err != nil {
			return err
		}
		c := &encode.Chunk{Data: make([]byte, 0, 512)}
		if err := enc.Encode(c, in); err != nil {
			return err
		}
		s.d.Deliver(w.Rung, c, capture.Now()-began)
	}
	return nil
}

// encoder is that of a codec, opened for frames like f if need be.
func (s *audioSession) encoder(codec encode.Codec, f *capture.AudioFrame) (encode.AudioEncoder, error) {
	for _, r := range s.open {
		if r.codec.Name == codec.Name {
			return r.enc, nil
		}
	}
	for _, b := range s.a.o.Encoders {
		if b.Codec.Name != codec.Name {
			continue
		}
		enc, err := b.NewAudioEncoder(encode.Params{Rate: f.Rate, Channels: f.Channels, Bitrate: s.a.o.Bitrate * f.Channels})
		if err == nil {
			s.open = append(s.open, audioRendition{codec, enc})
		}
		return enc, err
	}
	return nil, fmt.Errorf("streams: sound in %s: %w", codec.Name, errors.ErrUnsupported)
}

func (s *audioSession) close() {
	for _, r := range s.open {
		r.enc.Close()
	}
}

// silent is true for digital silence: not quiet, but zero.
func silent(samples []int16) bool {
	for _, s := range samples {
		if s != 0 {
			return false
		}
	}
	return true
}
