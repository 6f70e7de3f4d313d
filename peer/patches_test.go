package peer_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/encode/patch"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/streams"
)

// patched is a viewer who was sent some patches of a picture of noise.
type patched struct {
	*peer.InboundStream
	remote  *peer.Remote // the host, as the viewer has it
	channel *webrtc.DataChannel
	came    <-chan []byte
}

func watchPatched(t *testing.T, w *peertest.World) *patched {
	t.Helper()
	feed := streams.NewVideoFeed()
	f := encode.NewFrame(capture.BGRA, 640, 480)
	for i := range f.Plane[0] {
		f.Plane[0][i] = byte(rand.Uint32())
	}
	if err := feed.SubmitVideo(streams.Picture{Width: 640, Height: 480, Plane: f.Plane, Stride: f.Stride}); err != nil {
		t.Fatal(err)
	}
	video := streams.NewVideo(streams.VideoOptions{
		Backends: []capture.Backend{feed.Backend()}, Codecs: []encode.Codec{encode.VP8}, Encoders: codecs.All,
	})
	publish(t, w.Host, w.Publish(streams.Options{Name: "noise", Tracks: []*streams.Track{streams.NewTrack("noise", video)}}))
	r := w.Connect("ann")
	in := watched(t, r, "noise")
	plays(t, in)
	channel, came, err := peer.AskPatches(r, in.ID())
	if err != nil {
		t.Fatal(err)
	}
	return &patched{in, r, channel, came}
}

// next is the next patch, or nil when none comes.
func (p *patched) next(t *testing.T, within time.Duration) *patch.Patch {
	t.Helper()
	select {
	case message := <-p.came:
		next, err := patch.Parse(message)
		if err != nil {
			t.Fatal(err)
		}
		return next
	case <-time.After(within):
		return nil
	}
}

func (p *patched) drawn(t *testing.T, n uint32) {
	t.Helper()
	if err := p.channel.Send(binary.BigEndian.AppendUint32(nil, n)); err != nil {
		t.Fatal(err)
	}
}

func TestPatchesKeepToTheirViewersPace(t *testing.T) {
	p := watchPatched(t, peertest.New(t))
	pix := make([]byte, 4*640*480)
	var unpack patch.Unpacker
	drawn := uint32(0)
	take := func(next *patch.Patch) {
		drawn++
		if len(next.Draw) > 0 && unpack.Unpack(pix, 4*640, next) != nil {
			t.Error("pixels that are none")
		}
	}
	for next := p.next(t, peertest.Patience); next != nil; next = p.next(t, time.Second) {
		take(next)
	}
	if n := missing(pix); n == 0 || n == 640*480 {
		t.Errorf("%d of %d pixels are missing before the viewer has said what it has drawn", n, 640*480)
	}
	for missing(pix) > 0 {
		p.drawn(t, drawn)
		next := p.next(t, peertest.Patience)
		if next == nil {
			t.Fatalf("%d pixels did not come", missing(pix))
		}
		take(next)
	}
}

// missing counts the pixels that were not drawn.
func missing(pix []byte) (n int) {
	for i := 3; i < len(pix); i += 4 {
		if pix[i] == 0 {
			n++
		}
	}
	return n
}

func TestViewerHasDrawnWhatItWasNotSent(t *testing.T) {
	w := peertest.New(t)
	p := watchPatched(t, w)
	if p.next(t, peertest.Patience) == nil {
		t.Fatal("no patch came")
	}
	p.drawn(t, 1_000_000)
	peertest.Eventually(t, "the host ends the connection", func() bool { return p.remote.State() == peer.StateClosed })
	next(t, video(t, w.Connect("bystander")))
}

func TestPatchesOfNoStream(t *testing.T) {
	e := newEve(t)
	for i := range 1000 {
		e.control(`{"type":"patches","stream":%d,"channel":%d}`, 2+i, i)
		e.control(`{"type":"patches","stream":1,"channel":%d}`, 300+i)
		e.control(`{"type":"patches","stream":1,"channel":255}`)
	}
	e.settled(20)
}
