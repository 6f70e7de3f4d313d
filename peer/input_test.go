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
	for _, e := range events {
		peertest.Eventually(t, "input is sent", func() bool { return r.SendInput(e) == nil })
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
	w := peertest.New(t, func(o *peer.Options) { o.Level = input.Mouse })
	r := w.Connect("viewer")
	send(t, r, input.Key{Code: 30, Down: true}, input.Wheel{DY: 1})
	wants(t, w, input.Wheel{DY: 1})
	peertest.Eventually(t, "the viewer knows its level", func() bool { return r.Granted() == input.Mouse })

	host := w.RemoteOf("viewer")
	if err := w.Host.SetLevel(host, input.Keyboard); err != nil {
		t.Fatal(err)
	}
	peertest.Eventually(t, "the viewer is told", func() bool { return r.Granted() == input.Keyboard })
	send(t, r, input.Wheel{DY: 2}, input.Key{Code: 30, Down: true})
	wants(t, w, input.Wheel{DY: 1}, input.Key{Code: 30, Down: true})

	// What it holds and may no longer press goes up at once.
	if err := w.Host.SetLevel(host, input.None); err != nil {
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
	var hello, status, size, stats, cursors, shapes atomic.Int32
	w := peertest.New(t)
	w.Host.Status("audio", false, "there is no sound server")
	r := w.Connect("viewer", func(o *peer.Options) {
		o.Events.Control = func(_ *peer.Remote, m peer.ControlMessage) {
			switch m := m.(type) {
			case peer.Hello:
				if m.ID != peertest.HostID || len(m.Streams) != 2 || m.Streams[0].Codec != "h264" || m.Streams[1].Kind != "audio" {
					t.Errorf("the hello is %+v", m)
				}
				hello.Add(1)
			case peer.Status:
				status.Add(1)
			case peer.SizeChanged:
				if m.Width != 640 || m.Height != 480 {
					t.Errorf("the size is %+v", m)
				}
				size.Add(1)
			case peer.HostStats:
				if m.FPS < 1 || m.Viewers != 1 || m.Target == 0 {
					t.Errorf("the stats are %+v", m)
				}
				stats.Add(1)
			}
		}
		o.Events.Cursor = func(_ *peer.Remote, c peer.Cursor) {
			if c.PNG != nil {
				shapes.Add(1)
			} else {
				cursors.Add(1)
			}
		}
	})
	next(t, video(t, r))
	peertest.Eventually(t, "hello, trouble, and the pointer come", func() bool {
		return hello.Load() == 1 && status.Load() == 1 && cursors.Load() > 5 && shapes.Load() == 1
	})
	peertest.Eventually(t, "it can watch", func() bool { return r.Watch(true) == nil })
	peertest.Eventually(t, "stats come", func() bool { return stats.Load() > 0 })
	w.Host.Status("audio", true, "")
	peertest.Eventually(t, "the end of trouble comes", func() bool { return status.Load() == 2 })
	if err := r.SetViewport(peer.Viewport{Width: 800, Height: 600, Refresh: 59.94}); err != nil {
		t.Fatal(err)
	}
	host := w.RemoteOf("viewer")
	peertest.Eventually(t, "the viewport arrives", func() bool {
		return host.Viewport() == peer.Viewport{Width: 800, Height: 600, Refresh: 59.94}
	})
}

func TestSoundArrives(t *testing.T) {
	w := peertest.New(t)
	r := w.Connect("viewer")
	ctx, cancel := context.WithTimeout(t.Context(), peertest.Patience)
	defer cancel()
	in, err := r.Audio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := peertest.CapturedAt(next(t, in).Data); err != nil {
			t.Fatal(err)
		}
	}
}
