package peer_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/streams"
)

func publish(t *testing.T, p *peer.Peer, s *streams.Stream) *peer.OutboundStream {
	t.Helper()
	published, err := p.Publish(s, peer.PublishOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return published
}

// watched waits until r watches a stream of that name.
func watched(t *testing.T, r *peer.Remote, name string) *peer.InboundStream {
	t.Helper()
	var found *peer.InboundStream
	peertest.Eventually(t, "the stream "+name+" comes to "+r.Peer().ID(), func() bool {
		for _, s := range r.Streams() {
			if s.Info().Name == name {
				found = s
			}
		}
		return found != nil
	})
	return found
}

// plays sees that pictures of a stream arrive.
func plays(t *testing.T, s *peer.InboundStream) {
	t.Helper()
	in := mustVideo(t, s)
	for range 3 {
		next(t, in)
	}
}

func TestSeveralStreamsAtOnce(t *testing.T) {
	w := peertest.New(t)
	viewer := w.Viewer("viewer")
	r, err := w.Join(viewer, string(w.Token))
	if err != nil {
		t.Fatal(err)
	}
	plays(t, stream(t, r))
	for i := range 4 { // while connected
		publish(t, w.Host, w.Picture(fmt.Sprint("s", i), 30))
	}
	late := w.Connect("late") // with the first offer
	for i := range 4 {
		plays(t, watched(t, r, fmt.Sprint("s", i)))
		plays(t, watched(t, late, fmt.Sprint("s", i)))
	}
	plays(t, watched(t, r, "desktop"))
	if n := len(r.Streams()); n != 5 {
		t.Errorf("%d streams", n)
	}
	if n := len(w.RemoteOf("late").Stats()); n != 6 {
		t.Errorf("%d tracks", n)
	}
}

func TestUnpublishAndPublishAgain(t *testing.T) {
	w := peertest.New(t)
	viewer := w.Viewer("viewer")
	tracks := peertest.Listen[peer.TrackStarted](viewer)
	gone := peertest.Listen[peer.TrackEnded](viewer)
	r, err := w.Join(viewer, string(w.Token))
	if err != nil {
		t.Fatal(err)
	}
	plays(t, stream(t, r))
	host := w.RemoteOf("viewer")
	sections := peer.MediaSections(host)
	for round := range 8 {
		name := fmt.Sprint("round ", round)
		s := publish(t, w.Host, w.Picture(name, 30))
		in := watched(t, r, name)
		plays(t, in)
		tracks.Await(t, "its track comes", func(e peer.TrackStarted) bool { return e.Stream == in && e.Track.Stream() == in })
		w.Host.Unpublish(s)
		<-in.Done()
		gone.Await(t, "its track goes", func(e peer.TrackEnded) bool { return e.Stream == in })
	}
	if n := peer.MediaSections(host); n > sections+1 {
		t.Errorf("from %d media sections to %d", sections, n)
	}
	plays(t, watched(t, r, "desktop"))
}

func TestStreamsThatCannotBePublished(t *testing.T) {
	w := peertest.New(t)
	if _, err := w.Host.Publish(w.Picture("desktop", 1), peer.PublishOptions{}); err == nil {
		t.Error("two of one name")
	}
	for i := range 31 {
		publish(t, w.Host, w.Picture(fmt.Sprint(i), 1))
	}
	if _, err := w.Host.Publish(w.Picture("more", 1), peer.PublishOptions{}); err == nil {
		t.Error("more than 32")
	}
	var names []string
	for _, s := range w.Host.Published() {
		names = append(names, s.Name())
	}
	if len(names) != 32 || names[0] != "desktop" || names[31] != "30" {
		t.Errorf("published are %v", names)
	}
}

// Streams come and go while viewers connect: each viewer ends up with what is
// published in the end.
func TestPublishingWhileConnecting(t *testing.T) {
	w := peertest.New(t)
	for round := range 6 {
		var both sync.WaitGroup
		name := fmt.Sprint("s", round)
		s := w.Picture(name, 30)
		both.Go(func() {
			other, err := w.Host.Publish(w.Picture("brief", 30), peer.PublishOptions{})
			if err == nil {
				w.Host.Unpublish(other)
				_, err = w.Host.Publish(s, peer.PublishOptions{})
			}
			if err != nil {
				t.Error(err)
			}
		})
		r := w.Connect(fmt.Sprint("viewer", round))
		both.Wait()
		plays(t, watched(t, r, name))
		peertest.Eventually(t, "it watches nothing else", func() bool { return len(r.Streams()) == round+2 })
	}
}

// A level that sinks while a button is held lets go of it, and what follows is
// not injected. Another viewer is not concerned.
func TestLevelSinksInTheMiddleOfADrag(t *testing.T) {
	w := peertest.New(t)
	dragger, other := w.Connect("dragger"), w.Connect("other")
	down, moved := input.Button{Button: 1, Down: true, At: true, X: 5, Y: 6}, input.Move{Seq: 1, X: 50, Y: 60}
	send(t, dragger, down, input.Move{X: 50, Y: 60})
	peertest.Eventually(t, "the drag arrives", func() bool {
		return slices.Contains(w.Tape.Events(), input.Event(down)) && slices.Contains(w.Tape.Events(), input.Event(moved))
	})
	published := w.Host.Published()[0]
	if err := published.SetPeerLevel(w.RemoteOf("dragger"), input.Keyboard); err != nil {
		t.Fatal(err)
	}
	idle := w.Viewer("idle")
	quiet(t, w, idle)
	if err := published.SetPeerLevel(w.RemoteOf("idle"), input.Keyboard); err == nil {
		t.Error("who does not watch has a level")
	}
	up := w.Tape.Events()[len(w.Tape.Events())-1]
	if b, ok := up.(input.Button); !ok || b.Button != 1 || b.Down {
		t.Errorf("after the change comes %#v, not the button's release", up)
	}
	before := len(w.Tape.Events())
	send(t, dragger, input.Move{X: 70, Y: 80}, input.Button{Button: 1}, input.Key{Code: 30, Down: true})
	send(t, other, input.Key{Code: 31, Down: true})
	peertest.Eventually(t, "the keys arrive", func() bool { return len(w.Tape.Events()) >= before+2 })
	for _, e := range w.Tape.Events()[before:] {
		if _, ok := e.(input.Key); !ok {
			t.Errorf("%#v was injected", e)
		}
	}
	if got := published.PeerLevel(w.RemoteOf("other")); got != input.All {
		t.Errorf("the other may %v", got)
	}
}

func TestFilterDiscardsInput(t *testing.T) {
	w := peertest.Exchange(t)
	host := w.Peer(peertest.HostID)
	viewers := make(chan string, 16)
	publish(t, host, w.Publish(streams.Options{
		Name: "s", Injector: w.Tape, Level: input.All,
		Tracks: []*streams.Track{streams.NewTrack("s", &peertest.Source{})},
		Filter: func(viewer string, e input.Event) bool {
			viewers <- viewer
			k, ok := e.(input.Key)
			return !ok || k.Code != 30
		},
	}))
	r, err := w.Viewer("viewer").Connect(patient(t), peertest.HostID, peer.ConnectOptions{Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	send(t, r, input.Key{Code: 30, Down: true}, input.Key{Code: 30}, input.Key{Code: 31, Down: true})
	peertest.Eventually(t, "input arrives", func() bool { return len(w.Tape.Events()) > 0 })
	if got := w.Tape.Events()[0]; got != (input.Key{Code: 31, Down: true}) {
		t.Errorf("injected %#v", got)
	}
	if got := <-viewers; got != host.Remotes()[0].Viewer() {
		t.Errorf("of the viewer %s", got)
	}
}

func TestSummariesComeAtBothEnds(t *testing.T) {
	w := peertest.New(t)
	viewer := w.Viewer("viewer")
	here, there := peertest.Listen[peer.StatsSummary](w.Host), peertest.Listen[peer.StatsSummary](viewer)
	r, err := w.Join(viewer, string(w.Token))
	if err != nil {
		t.Fatal(err)
	}
	plays(t, stream(t, r))
	flows := func(watching bool) func(peer.StatsSummary) bool {
		return func(s peer.StatsSummary) bool {
			return s.Watching == watching && s.Stream == 1 && s.VideoThroughput > 100_000 && s.AudioThroughput > 1000 && s.CursorEvents > 0
		}
	}
	s := here.Await(t, "summaries at the publisher", flows(false))
	if s.VideoTarget == 0 || s.Remote != w.RemoteOf("viewer") || s.Window <= 0 {
		t.Errorf("the publisher's is %+v", s)
	}
	s = there.Await(t, "summaries at the viewer", flows(true))
	if s.VideoTarget != 0 || s.Remote != r {
		t.Errorf("the viewer's is %+v", s)
	}
	for side, all := range map[string]*peertest.Record[peer.StatsSummary]{"publisher": here, "viewer": there} {
		peertest.Eventually(t, "the input is counted at the "+side, func() bool {
			send(t, r, input.Wheel{DY: 1})
			n := 0
			for _, s := range all.All() {
				n += s.InputEvents
			}
			return n >= 3 && len(all.All()) >= 3
		})
	}
}

func TestUDPPorts(t *testing.T) {
	const first, last = 41_000, 41_050
	w := peertest.New(t, func(o *peer.Options) { o.UDPPorts = [2]uint16{first, last} })
	plays(t, stream(t, w.Connect("viewer")))
	n := 0
	for line := range strings.Lines(peer.SDP(w.RemoteOf("viewer"))) {
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "a=candidate:") || fields[2] != "udp" {
			continue
		}
		n++
		var port int
		if _, err := fmt.Sscan(fields[5], &port); err != nil || port < first || port > last {
			t.Errorf("the candidate %q", line)
		}
	}
	if n == 0 {
		t.Error("no UDP candidate")
	}
	for _, ports := range [][2]uint16{{5, 4}, {0, 0}} {
		_, err := peer.New(peer.Options{ID: "x", Signal: w.Dial("192.0.2.1"), UDPPorts: ports})
		if (err == nil) != (ports == [2]uint16{}) {
			t.Errorf("ports %v: %v", ports, err)
		}
	}
}

// A viewer has streams of its own, that the host asks for.
func TestViewerPublishesBack(t *testing.T) {
	w := peertest.New(t)
	heard := peertest.Listen[peer.StreamAnnounced](w.Host)
	viewer := w.Viewer("viewer")
	publish(t, viewer, w.Picture("camera", 30))
	r, err := w.Join(viewer, string(w.Token))
	if err != nil {
		t.Fatal(err)
	}
	plays(t, stream(t, r))
	e := heard.Await(t, "the camera is announced", func(e peer.StreamAnnounced) bool { return e.Info.Name == "camera" })
	s, err := e.Join(patient(t), peer.StreamOptions{})
	if err != nil {
		t.Fatal(err)
	}
	plays(t, s)
	plays(t, stream(t, r))
	_ = s.Close()
	plays(t, create(t, w.RemoteOf("viewer")))
	plays(t, stream(t, r))
}
