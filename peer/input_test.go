package peer_test

import (
	"context"
	"reflect"
	"sync/atomic"
	"testing"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// send sends an event once the channel is open.
func send(t *testing.T, r *peer.Remote, events ...input.Event) {
	t.Helper()
	s := stream(t, r)
	for _, e := range events {
		peertest.Eventually(t, "input is sent", func() bool { return s.SendInput(e) == nil })
	}
}

func wants(t *testing.T, w *peertest.World, want ...input.Event) {
	t.Helper()
	peertest.Eventually(t, "all input arrives", func() bool { return len(w.Tape.Events()) >= len(want) })
	if got := w.Tape.Events(); !reflect.DeepEqual(got, want) {
		t.Errorf("injected %#v, want %#v", got, want)
	}
}

func TestInputArrivesInOrder(t *testing.T) {
	w := peertest.New(t)
	r := w.Connect("viewer")
	var want []input.Event
	for i := range 100 {
		e := input.Key{Code: uint16(1 + i/2), Down: i%2 == 0}
		want = append(want, e)
		send(t, r, e)
	}
	send(t, r, input.Text{Text: "€"}, input.Wheel{DY: 120})
	wants(t, w, append(want, input.Text{Text: "€"}, input.Wheel{DY: 120})...)
}

func TestMotionIsNumbered(t *testing.T) {
	w := peertest.New(t)
	r := w.Connect("viewer")
	send(t, r, input.Move{X: 10, Y: 20})
	wants(t, w, input.Move{Seq: 1, X: 10, Y: 20})
	send(t, r, input.Nudge{DX: 3, DY: -4})
	wants(t, w, input.Move{Seq: 1, X: 10, Y: 20}, input.Nudge{DX: 3, DY: -4})
	send(t, r, input.Button{Button: 1, Down: true, At: true, X: 5, Y: 6})
	wants(t, w, input.Move{Seq: 1, X: 10, Y: 20}, input.Nudge{DX: 3, DY: -4},
		input.Button{Button: 1, Down: true, At: true, X: 5, Y: 6, Seq: 2})
}

func TestLevelIsEnforcedAndChangesLive(t *testing.T) {
	w := peertest.New(t)
	if err := w.Stream.SetLevel(input.Mouse); err != nil {
		t.Fatal(err)
	}
	r := w.Connect("viewer")
	send(t, r, input.Key{Code: 30, Down: true}, input.Wheel{DY: 1})
	wants(t, w, input.Wheel{DY: 1})
	peertest.Eventually(t, "the viewer knows its level", func() bool { return stream(t, r).Permissions() == input.Mouse })

	host := w.RemoteOf("viewer")
	if err := w.Host.Published()[0].SetPeerLevel(host, input.Keyboard); err != nil {
		t.Fatal(err)
	}
	peertest.Eventually(t, "the viewer is told", func() bool { return stream(t, r).Permissions() == input.Keyboard })
	send(t, r, input.Wheel{DY: 2}, input.Key{Code: 30, Down: true})
	wants(t, w, input.Wheel{DY: 1}, input.Key{Code: 30, Down: true})

	// What it holds and may no longer press goes up at once.
	if err := w.Host.Published()[0].SetPeerLevel(host, input.None); err != nil {
		t.Fatal(err)
	}
	wants(t, w, input.Wheel{DY: 1}, input.Key{Code: 30, Down: true}, input.Key{Code: 30})
}

func TestKeysGoUpWhenTheViewerGoes(t *testing.T) {
	for name, leave := range map[string]func(*peer.Remote){
		"leaves":   func(r *peer.Remote) { _ = r.Close() },
		"vanishes": peer.Vanish,
	} {
		t.Run(name, func(t *testing.T) {
			w := peertest.New(t)
			r := w.Connect("viewer")
			send(t, r, input.Key{Code: 30, Down: true})
			wants(t, w, input.Key{Code: 30, Down: true})
			leave(r)
			wants(t, w, input.Key{Code: 30, Down: true}, input.Key{Code: 30})
			peertest.Eventually(t, "the host forgets it", func() bool { return w.RemoteOf("viewer") == nil })
		})
	}
}

func TestControlMessagesReachTheViewer(t *testing.T) {
	var announced, status, size, stats, cursors, shapes atomic.Int32
	w := peertest.New(t)
	w.Host.Status("audio", false, "there is no sound server")
	viewer := w.Viewer("viewer")
	peer.On(viewer, func(e peer.StreamAnnounced) {
		if i := e.Info; i.ID != 1 || i.Name != "desktop" || i.Kind != "desktop" || i.Level != input.All || len(i.Tracks) != 2 || i.Tracks[1].Kind != "audio" {
			t.Errorf("announced is %+v", i)
		}
		announced.Add(1)
	})
	peer.On(viewer, func(peer.StatusChanged) { status.Add(1) })
	peer.On(viewer, func(e peer.SizeChanged) {
		if e.Width != 640 || e.Height != 480 {
			t.Errorf("the size is %+v", e)
		}
		size.Add(1)
	})
	peer.On(viewer, func(e peer.PublisherStats) {
		if e.FPS < 1 || e.Viewers != 1 || e.Target == 0 {
			t.Errorf("the stats are %+v", e)
		}
		stats.Add(1)
	})
	peer.On(viewer, func(e peer.CursorChanged) {
		if e.PNG != nil {
			shapes.Add(1)
		} else {
			cursors.Add(1)
		}
	})
	r, err := w.Join(viewer, string(w.Token))
	if err != nil {
		t.Fatal(err)
	}
	next(t, video(t, r))
	peertest.Eventually(t, "announcement, trouble, and the pointer come", func() bool {
		return announced.Load() == 1 && status.Load() == 1 && size.Load() == 1 && cursors.Load() > 5 && shapes.Load() == 1
	})
	if err := stream(t, r).Watch(true); err != nil {
		t.Fatal(err)
	}
	peertest.Eventually(t, "stats come", func() bool { return stats.Load() > 0 })
	w.Host.Status("audio", true, "")
	peertest.Eventually(t, "the end of trouble comes", func() bool { return status.Load() == 2 })
	want := peer.Viewport{Width: 800, Height: 600, Refresh: 59.94}
	if err := stream(t, r).SetViewport(want); err != nil {
		t.Fatal(err)
	}
	host := w.RemoteOf("viewer")
	peertest.Eventually(t, "the viewport arrives", func() bool { return w.Host.Published()[0].ViewportOf(host) == want })
}

func TestSoundArrives(t *testing.T) {
	w := peertest.New(t)
	r := w.Connect("viewer")
	ctx, cancel := context.WithTimeout(t.Context(), peertest.Patience)
	defer cancel()
	in, err := stream(t, r).Audio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := peertest.CapturedAt(next(t, in).Data); err != nil {
			t.Fatal(err)
		}
	}
}
