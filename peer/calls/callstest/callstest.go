package callstest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/backends"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/streams"
)

// Patience is how long a test waits for what should happen soon, on a busy
// machine.
const Patience = 60 * time.Second

// Soon is done when a test has waited long enough.
func Soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// Log logs everything to the test.
func Log(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(peertest.Output(t), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Run runs what has this name until the test ends.
func Run(t testing.TB, name string, run func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(Patience):
			t.Errorf("%s did not end", name)
		}
	})
}

// Collect collects what on passes on; more than its capacity are dropped.
func Collect[E any](on func(func(E)) (off func())) <-chan E {
	c := make(chan E, 64)
	on(func(e E) {
		select {
		case c <- e:
		default:
		}
	})
	return c
}

// Next waits for an event.
func Next[E any](t testing.TB, c <-chan E) E {
	t.Helper()
	select {
	case e := <-c:
		return e
	case <-time.After(Patience):
		var e E
		t.Fatalf("no %T came", e)
		return e
	}
}

// Eventually waits until f is true.
func Eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(Patience)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("it did not happen: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Pattern is a track with a picture that moves.
func Pattern(t testing.TB) *streams.Track {
	t.Helper()
	encoders, err := encode.Find(codecs.All, encode.VP8, "")
	if err != nil {
		t.Fatal(err)
	}
	track := streams.NewTrack("pattern", streams.NewVideo(streams.VideoOptions{
		Backends: backends.All, Backend: "pattern", Capture: capture.Options{FPS: 30},
		Codecs: []encode.Codec{encode.VP8}, Encoders: encoders, FPS: 30, Bitrate: 1_000_000,
	}))
	t.Cleanup(func() { _ = track.Close() })
	return track
}
