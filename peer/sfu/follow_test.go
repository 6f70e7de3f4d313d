package sfu

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/streams"
)

func TestWhatMembersSendIsFollowedAndRelayed(t *testing.T) {
	s := start(t, Options{})
	told := make(chan map[string][]*media.Track, 64)
	stop, err := s.Follow("r", "ear", func(all map[string][]*media.Track) { told <- all })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	// until waits for what it is told.
	until := func(what string, ok func(map[string][]*media.Track) bool) map[string][]*media.Track {
		t.Helper()
		for late := time.After(30 * time.Second); ; {
			select {
			case all := <-told:
				if ok(all) {
					return all
				}
			case <-late:
				t.Fatalf("never told that %s", what)
			}
		}
	}
	a := enter(t, s, "r", "a", true)
	a.send()
	all := until("a sends", func(all map[string][]*media.Track) bool { return len(all["a"]) == 1 && len(all) == 1 })
	came := all["a"][0]
	track := streams.NewTrack("a", streams.NewRelay(streams.RelayOptions{
		Codec: came.Codec(), RequestKeyframe: came.RequestKeyframe,
		Next: func(ctx context.Context) (*encode.Chunk, error) {
			c, err := came.Next(ctx)
			if err != nil {
				return nil, err
			}
			return &c.Chunk, nil
		},
	}))
	stream, err := streams.New(streams.Options{Name: "a", Tracks: []*streams.Track{track}, Level: input.None})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	// Two that watch get the same, each from a key frame on.
	for n := range 2 {
		sink, err := track.Attach(encode.VP8, fmt.Sprint("viewer ", n))
		if err != nil {
			t.Fatal(err)
		}
		defer sink.Close()
		for i := range 5 {
			c, err := sink.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 && !c.Key {
				t.Error("the first chunk is no key frame")
			}
		}
	}
	if err := a.member.Close(); err != nil {
		t.Fatal(err)
	}
	until("a has left", func(all map[string][]*media.Track) bool { return len(all) == 0 })
	again := enter(t, s, "r", "a", true)
	again.send()
	all = until("a is back", func(all map[string][]*media.Track) bool { return len(all["a"]) == 1 })
	stop()
	peertest.Eventually(t, "the track ends", func() bool {
		_, err := all["a"][0].Next(t.Context())
		return errors.Is(err, net.ErrClosed)
	})
}
