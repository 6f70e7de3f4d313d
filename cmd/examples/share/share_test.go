package main

import (
	"image"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/cmd/examples/examplestest"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
)

func TestMain(m *testing.M) { examplestest.Main(m, main) }

// pointer follows the pointer of the shared display.
func pointer(to chan<- image.Point) func(*peer.Peer) {
	return func(p *peer.Peer) {
		peer.On(p, func(e peer.CursorChanged) {
			if e.PNG != nil {
				return // it tells the shape alone
			}
			select {
			case to <- image.Pt(int(e.X), int(e.Y)):
			default:
			}
		})
	}
}

// awaitLevel waits until the viewer was told what it may do.
func awaitLevel(t *testing.T, v *examplestest.Viewer, want input.Level) {
	t.Helper()
	for late := time.Now().Add(examplestest.Patience); v.Stream.Permissions() != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("it may use %v, want %v", v.Stream.Permissions(), want)
		}
	}
}

// The real program shares a real X display. Only the pointer moves there, so
// what moved it is seen.
func TestOneViewerControlsAndTheOthersWatch(t *testing.T) {
	display := capturetest.Display(t, 640, 480)
	p := examplestest.Start(t, display.Env(), "--listen", "127.0.0.1:0")
	url := p.URL("http")
	moves := make(chan image.Point, 256)
	ann := examplestest.Watch(t, url, "ann", pointer(moves))
	p.Await("ann controls")
	bob := examplestest.Watch(t, url, "bob")
	p.Await("bob watches")
	awaitLevel(t, ann, input.All)
	awaitLevel(t, bob, input.None)

	drive(t, ann, moves, 10_000, 20_000)
	// Of two that move at once, one is heard.
	bob.Send(input.Move{X: 60_000, Y: 60_000})
	drive(t, ann, moves, 30_000, 40_000)
	p.Type("give b")
	p.Await("bob controls")
	awaitLevel(t, ann, input.None)
	awaitLevel(t, bob, input.All)
	ann.Send(input.Move{X: 1, Y: 1})
	drive(t, bob, moves, 50_000, 5_000)
	p.Type("give nobody")
	p.Await("nobody here is called")
	p.Type("list")
	p.Await("bob from 127.0.0.1 may use mouse|")
	p.Type("take")
	awaitLevel(t, bob, input.None)
	p.Type("give ann")
	awaitLevel(t, ann, input.All)
	// Who controls leaves; who is left gets it.
	if err := ann.Stream.Remote().Close(); err != nil {
		t.Fatal(err)
	}
	p.Await("bob controls")
	p.Interrupt()
}

// drive has a viewer move the pointer, and waits until it is there. Motion
// travels on a channel that may lose it, as may the news of it. Nobody else
// may move the pointer meanwhile.
func drive(t *testing.T, v *examplestest.Viewer, moves <-chan image.Point, x, y uint16) {
	t.Helper()
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	v.Send(input.Move{X: x, Y: y})
	for late := time.After(examplestest.Patience); ; {
		select {
		case got := <-moves:
			near := got.Sub(image.Pt(int(x), int(y)))
			if max(near.X, -near.X, near.Y, -near.Y) < 200 {
				return
			}
			if forbidden := image.Rect(59_000, 59_000, 61_000, 61_000); got.In(forbidden) || got.X+got.Y < 100 {
				t.Errorf("one who only watches moved the pointer to %v", got)
			}
		case <-again.C:
			v.Send(input.Move{X: x, Y: y})
		case <-late:
			t.Fatalf("the pointer did not go to %d, %d", x, y)
		}
	}
}

func TestPatternMoves(t *testing.T) {
	p := examplestest.Start(t, nil, "--listen", "127.0.0.1:0", "--pattern")
	v := examplestest.Watch(t, p.URL("http"), "ann")
	first := v.Next()
	v.Until("a picture that moves", func(p examplestest.Picture) bool { return p.Difference(first) > 2 })
	awaitLevel(t, v, input.None)
	p.Interrupt()
}

func TestMistakesAreExplained(t *testing.T) {
	for _, test := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--help"}, 0, "give NAME"},
		{[]string{"--no-such-flag"}, 2, "Flags:"},
		{[]string{"--listen", "192.0.2.1:1", "--pattern"}, 1, "--listen"},
	} {
		status, printed := examplestest.Run(t, test.args...)
		if status != test.status || !strings.Contains(printed, test.says) {
			t.Errorf("%v: status %d: %s", test.args, status, printed)
		}
	}
}
