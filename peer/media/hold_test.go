package media

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/streams"
)

// onePicture is a source of a single key frame.
type onePicture struct{}

func (onePicture) Codecs() []encode.Codec { return []encode.Codec{encode.H264} }

func (onePicture) Run(ctx context.Context, d *streams.Demand) {
	now := capture.Now()
	for _, w := range d.Wants(nil, now) {
		d.Deliver(w.Rung, &encode.Chunk{Key: true, Time: now, Width: 64, Height: 64, Data: []byte{0, 0, 0, 1, 0x65, 1}}, 0)
	}
	<-ctx.Done()
}

// A receiver that has not agreed to a track takes its packets for another's.
func TestTrackSendsNothingUntilItIsConnected(t *testing.T) {
	for _, c := range []struct {
		name      string
		connected bool
		want      int
	}{
		{"connected", true, 1},
		{"removed before", false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				track := streams.NewTrack("picture", onePicture{})
				s := NewSender(track, SenderOptions{Viewer: "v", Controller: congestion.NewBackoff(1_000_000), Packetizers: &Packetizers{}})
				out := &writes{}
				if _, err := s.Bind(bindContext{out: out}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait() // it holds the picture
				if len(out.packets) > 0 {
					t.Errorf("%d packets left before the receiver was connected", len(out.packets))
				}
				if c.connected {
					s.Connected()
					synctest.Wait()
				}
				_ = s.Unbind(nil) // as pion does when a track is removed
				synctest.Wait()
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if len(out.packets) != c.want {
					t.Errorf("%d packets left, want %d", len(out.packets), c.want)
				}
				if err := track.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
