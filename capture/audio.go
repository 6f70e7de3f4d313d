package capture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// AudioFrame is a piece of sound, 5 or 10 ms.
type AudioFrame struct {
	// Samples are interleaved, signed 16 bit: left, right, left, … Six
	// channels are left, right, centre, low frequencies, rear left, rear right.
	Samples []int16
	// Rate is in samples a second and channel; Channels is 1, 2 or 6.
	Rate, Channels int
	// Time is when the first sample was heard, on the clock of [Now].
	Time time.Duration
}

// AudioSource yields what a computer's speakers play. Its methods are called
// from one goroutine, but for Close.
type AudioSource interface {
	// Next blocks until a whole frame of sound was recorded. It may block
	// for as long as nothing is played: time passes in silence, and the next
	// frame's Time says how much. After an error other than ctx's the source
	// must be closed.
	Next(ctx context.Context) (*AudioFrame, error)
	// Close frees everything and makes a blocked Next return. The second
	// call does nothing.
	Close() error
}

// AudioOptions says what to record. The zero value is the default output.
type AudioOptions struct {
	// Server is the sound server's address in the form of $PULSE_SERVER.
	// Empty means the user's own.
	Server string
	// Source names the source to record; empty means the monitor of the
	// default output, whatever that is at the time.
	Source string
	// Channels is how many to record, 2 or 6. The server mixes what it plays
	// to as many. Zero means 2.
	Channels int
	// Log receives what a person may need to know. Nil discards.
	Log *slog.Logger
}

// AudioBackend is one way to record what the speakers play.
type AudioBackend struct {
	// Name is what a person reads: "pulse".
	Name string
	// Sources lists what Open accepts as AudioOptions.Source, or says why
	// there is nothing.
	Sources func(ctx context.Context, o AudioOptions) ([]string, error)
	// Open starts a recording. It may start goroutines, which Close ends.
	Open func(ctx context.Context, o AudioOptions) (AudioSource, error)
}

// OpenAudio opens the first of backends that serves.
func OpenAudio(ctx context.Context, backends []AudioBackend, o AudioOptions) (AudioSource, error) {
	errs := []error{errors.ErrUnsupported}
	for _, b := range backends {
		s, err := b.Open(ctx, o)
		if err == nil {
			return s, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", b.Name, err))
	}
	return nil, fmt.Errorf("capture: no sound: %w", errors.Join(errs...))
}
