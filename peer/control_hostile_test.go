package peer_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/channel"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/signal"
)

// eve is a viewer whose control channel is in the hands of a test.
type eve struct {
	t      *testing.T
	w      *peertest.World
	r      *peer.Remote // of eve's
	host   *peer.Remote
	before int // goroutines
}

func newEve(t *testing.T) *eve {
	t.Helper()
	w := peertest.New(t)
	e := &eve{t: t, w: w, r: quiet(t, w, w.Viewer("eve"))}
	e.host = w.RemoteOf("eve")
	create(t, e.r) // control is open, and both have said hello
	e.before = runtime.NumGoroutine()
	return e
}

func (e *eve) control(format string, args ...any) {
	e.t.Helper()
	text := fmt.Appendf(nil, format, args...)
	peertest.Eventually(e.t, "the network takes it", func() bool { return peer.Unsent(e.r) < 1<<18 })
	if err := peer.SendRaw(e.r, "control", text, true); err != nil {
		e.t.Fatal(err)
	}
}

// settled waits until the host has acted on all that was said, and sees that it
// has no more goroutines than it may.
func (e *eve) settled(more int) {
	e.t.Helper()
	c := open(e.t, e.r, "the end", channel.Reliable)
	_ = c.Close()
	peertest.Eventually(e.t, "the goroutines are bounded", func() bool { return runtime.NumGoroutine() <= e.before+more })
	if e.host.State() != peer.StateConnected {
		e.t.Errorf("the connection is %v", e.host.State())
	}
	next(e.t, video(e.t, e.w.Connect("bystander")))
}

func TestManyChannelsAreAskedFor(t *testing.T) {
	e := newEve(t)
	for i := range 10_000 {
		e.control(`{"type":"channel","channel":%d,"label":"label %d","mode":"reliable"}`, i%400, i)
	}
	// One id is left, for the end.
	peertest.Eventually(t, "those that may be are", func() bool { return len(e.host.DataChannels()) > 50 })
	e.before += 3 * 64
	c, err := e.host.CreateDataChannel(patient(t), "of the host", channel.Reliable)
	if err != nil {
		// Eve has not the channels that it asked for by hand, but answers.
		t.Fatal(err)
	}
	_ = c.Close()
	if n := len(e.host.DataChannels()); n > 65 {
		t.Errorf("%d channels", n)
	}
	peertest.Eventually(t, "the goroutines are bounded", func() bool { return runtime.NumGoroutine() <= e.before+20 })
	next(t, video(t, e.w.Connect("bystander")))
}

func TestControlMessagesThatAreTooLong(t *testing.T) {
	e := newEve(t)
	for _, n := range []int{16 << 10, 16<<10 + 1, 60_000} {
		e.control(`{"type":"announcements","x":%q}`, strings.Repeat("x", n-len(`{"type":"announcements","x":""}`)))
	}
	e.control(`{"type":"hello","externalId":%q}`, strings.Repeat("x", 300))
	e.settled(20)
}

func TestAcceptsThatNobodyAskedFor(t *testing.T) {
	e := newEve(t)
	started := peertest.Listen[peer.StreamStarted](e.w.Host)
	for i := range 10_000 {
		e.control(`{"type":"accept","request":7,"stream":{"id":%d,"name":"x"},"level":31,"input":%d,"motion":%d}`, i%100+1, 129+2*(i%60), 131+2*(i%60))
	}
	for i := range 1000 {
		e.control(`{"type":"accept","stream":{"id":%d,"name":"x"}}`, i-500)
	}
	peertest.Eventually(t, "some started", func() bool { return len(started.All()) > 0 })
	e.control(`{"type":"accept","stream":{"id":70000,"name":"x"}}`)
	before := e.before
	e.before += 3 * 64
	c, err := e.host.CreateDataChannel(patient(t), "of the host", channel.Reliable)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if n := len(e.host.Streams()); n > peer.MaxInbound || len(started.All()) > peer.MaxInbound {
		t.Errorf("%d streams, %d started", n, len(started.All()))
	}
	for i := range 100 {
		e.control(`{"type":"end","stream":%d,"message":"bye"}`, i+1)
	}
	peertest.Eventually(t, "all end", func() bool { return len(e.host.Streams()) == 0 })
	_ = before
	next(t, video(t, e.w.Connect("bystander")))
}

func TestRequestsFlood(t *testing.T) {
	e := newEve(t)
	for i := range 2000 {
		e.control(`{"type":"request","request":%d,"level":31}`, i)
		e.control(`{"type":"join","request":%d,"stream":%d}`, i, i)
		e.control(`{"type":"leave","stream":%d}`, i%3)
		e.control(`{"type":"keyframe","stream":1}`)
		e.control(`{"type":"watch","stream":1,"on":true}`)
	}
	e.settled(60 + 2*127) // and what waits for each channel that may be, at both ends
}

func TestGarbageOnNamedAndNumberedChannels(t *testing.T) {
	w := peertest.Exchange(t)
	p := mixed(t, w)
	hears := peertest.Listen[peer.ChannelMessage](p)
	f := newForeign(t, w, "room", "f")
	f.join(true)
	talks(t, p, f)
	for _, garbage := range [][]byte{{}, {0}, []byte("\xff\xfe"), make([]byte, 60_000)} {
		if err := f.zero.Send(garbage); err != nil {
			t.Fatal(err)
		}
	}
	peertest.Eventually(t, "it arrives as it is", func() bool {
		return slices.ContainsFunc(hears.All(), func(m peer.ChannelMessage) bool { return len(m.Data) == 60_000 })
	})
	// Channels in band are closed, also with numbers that are ours.
	for _, id := range []uint16{1, 5, 128, 129, 254, 900} {
		d, err := f.pc.CreateDataChannel("in band", &webrtc.DataChannelInit{ID: &id})
		if err != nil {
			t.Fatal(err)
		}
		peertest.Eventually(t, "it is closed", func() bool { return d.ReadyState() == webrtc.DataChannelStateClosed })
	}
	if peertest.Find(p, "room", "f").State() != peer.StateConnected {
		t.Error("the connection has ended")
	}

	e := newEve(t)
	c := open(t, e.r, "named", channel.Reliable)
	there := e.host.DataChannels()["named"]
	for _, garbage := range [][]byte{{9, 0, 0, 0, 1, 0, 0, 0, 1}, {0}} {
		if err := peer.SendOn(c, garbage); err != nil {
			t.Fatal(err)
		}
	}
	<-there.Done()
	e.settled(20)
}

func TestOfferOfManySections(t *testing.T) {
	w := peertest.Exchange(t)
	p := mixed(t, w)
	problems := peertest.Listen[peer.Problem](p)
	f := newForeign(t, w, "room", "f")
	d, err := f.pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range peer.MaxSections {
		d.SDP += fmt.Sprintf("m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:v%d\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n", i)
	}
	f.say("room:m", "offer", d, "")
	f.await("leave")
	problems.Await(t, "the application is told", func(p peer.Problem) bool { return p.Code == peer.ErrorOffer })
	g := newForeign(t, w, "room", "g")
	g.join(true)
	talks(t, p, g)
}

// A stranger says all there is to say in the wrong order, and much of it.
func TestWrongOrder(t *testing.T) {
	w := peertest.Exchange(t)
	p := mixed(t, w)
	before := runtime.NumGoroutine()
	c := w.Dial("192.0.2.66")
	if err := c.Subscribe(t.Context(), "room:eve", ""); err != nil {
		t.Fatal(err)
	}
	long := fmt.Appendf(nil, `{"x":%q}`, strings.Repeat("x", 200<<10))
	for i := range 3000 {
		typ := []string{"answer", "candidate", "leave", "reject", "candidate", "nonsense"}[i%6]
		// A full queue refuses it, which is as good.
		_ = c.Publish(t.Context(), "room:m", signal.Message{Type: typ, ID: "eve", Data: []byte(`{"type":"answer","sdp":"v=0"}`)})
		if i%100 == 0 {
			_ = c.Publish(t.Context(), "room:m", signal.Message{Type: "candidate", ID: "eve", Data: long, Metadata: long})
		}
	}
	if n := len(p.Remotes()); n != 0 {
		t.Errorf("%d remotes", n)
	}
	f := newForeign(t, w, "room", "f")
	peertest.Eventually(t, "there are no more goroutines", func() bool { return runtime.NumGoroutine() <= before+20 })
	f.join(true)
	talks(t, p, f)
}
