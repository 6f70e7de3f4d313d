package peer_test

import (
	"context"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

func next(t *testing.T, in *peer.InboundTrack) *media.Chunk {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peertest.Patience)
	defer cancel()
	c, err := in.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// stream is the first stream of r that we watch.
func stream(t *testing.T, r *peer.Remote) *peer.InboundStream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peertest.Patience)
	defer cancel()
	s, err := r.Stream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func video(t *testing.T, r *peer.Remote) *peer.InboundTrack {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peertest.Patience)
	defer cancel()
	in, err := stream(t, r).Video(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestFramesArriveAndSayWhenTheyWereCaptured(t *testing.T) {
	w := peertest.New(t)
	start := time.Now()
	r := w.Connect("viewer")
	in := video(t, r)
	first := next(t, in)
	t.Logf("connected and the first frame after %v", time.Since(start))
	if !first.Key {
		t.Error("the first frame is no key frame")
	}
	if s := w.RemoteOf("viewer").Stats()[0]; s.PLICount > 0 {
		t.Errorf("the viewer had to ask %d times for a key frame", s.PLICount)
	}
	peertest.Eventually(t, "the clock is measured", func() bool { _, _, ok := r.Clock(); return ok })
	for range 60 {
		next(t, in)
	}
	var worst, sum time.Duration
	for range 60 {
		c := next(t, in)
		want, err := peertest.CapturedAt(c.Data)
		if err != nil {
			t.Fatal(err)
		}
		if d := (c.Time - want).Abs(); d > 50*time.Millisecond {
			t.Errorf("captured at %v, by its timestamp at %v", want, c.Time)
		}
		d := c.Arrived - want
		worst, sum = max(worst, d), sum+d
	}
	t.Logf("from capture to arrival %v on average, %v at worst", sum/60, worst)
}
