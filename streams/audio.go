package streams

import (
	"context"
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
	// Encoder is the encoder, and its codec what is offered.
	Encoder encode.Backend
	// Bitrate in bits a second. Zero means 128 kbit/s.
	Bitrate int
	// Status, when not nil, is told when the sound stops, with what to tell a
	// person, and when it is there again.
	Status func(ok bool, message string)
	// Log; nil discards.
	Log *slog.Logger
}

func (o AudioOptions) withDefaults() AudioOptions {
	if o.Bitrate == 0 {
		o.Bitrate = 128_000
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

// Codecs lists what it can encode to.
func (a *Audio) Codecs() []encode.Codec { return []encode.Codec{a.o.Encoder.Codec} }

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
	var enc encode.AudioEncoder
	defer func() {
		if enc != nil {
			enc.Close()
		}
	}()
	var heard time.Duration // when there was sound last
	for {
		f, err := src.Next(ctx)
		if err != nil {
			return err
		}
		if enc == nil {
			p := encode.Params{Rate: f.Rate, Channels: f.Channels, Bitrate: a.o.Bitrate}
			if enc, err = a.o.Encoder.NewAudioEncoder(p); err != nil {
				return err
			}
		}
		if !silent(f.Samples) {
			heard = f.Time
		} else if f.Time-heard > hush {
			continue
		}
		began := capture.Now()
		c := &encode.Chunk{Data: make([]byte, 0, 512)}
		if err := enc.Encode(c, f); err != nil {
			return err
		}
		d.Deliver(a.o.Encoder.Codec, c, capture.Now()-began)
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
