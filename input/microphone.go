package input

import (
	"context"
	"log/slog"
)

// MicrophoneRate is how many samples a second a [Voice] takes.
const MicrophoneRate = 48000

// VirtualMicrophone is a source of sound on the host that its programs record
// from, and into which viewers speak. Its methods may be called from any
// goroutine.
type VirtualMicrophone interface {
	// Speak makes room for one more who speaks; those who do are mixed.
	Speak() (Voice, error)
	// Close takes the source away. The second call does nothing.
	Close() error
}

// Voice is one viewer's way into a [VirtualMicrophone]. It is used from one goroutine.
type Voice interface {
	// Say adds mono sound, MicrophoneRate samples a second. It never waits:
	// of what is not heard within a tenth of a second, the oldest is dropped.
	// Once the sound server is gone the error wraps [net.ErrClosed].
	Say(samples []int16) error
	// Close ends it. The second call does nothing.
	Close() error
}

// MicrophoneOptions says where to make a [VirtualMicrophone].
type MicrophoneOptions struct {
	// Server is the sound server's address in the form of $PULSE_SERVER.
	// Empty means the user's own.
	Server string
	// Log receives what a person may need to know. Nil discards.
	Log *slog.Logger
}

// MicrophoneBackend is one way to make a [VirtualMicrophone].
type MicrophoneBackend struct {
	// Name is what a person reads: "pulse".
	Name string
	// Open makes the source. The context bounds Open alone.
	Open func(ctx context.Context, o MicrophoneOptions) (VirtualMicrophone, error)
}
