package main

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/cmd/examples/examplestest"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/opus"
	"github.com/causeway-rtc/causeway/input"
)

func TestMain(m *testing.M) { examplestest.Main(m, main) }

func keyCode(t *testing.T, name string) uint16 {
	t.Helper()
	code, ok := input.KeyCode(name)
	if !ok {
		t.Fatalf("no key is called %s", name)
	}
	return code
}

// A viewer sees the ring turn, stops it, and turns it itself.
func TestViewerTurnsTheRing(t *testing.T) {
	p := examplestest.Start(t, nil, "--listen", "127.0.0.1:0")
	v := examplestest.Watch(t, p.URL("http"), "ann")
	first := v.Next()
	if first.Width != width || first.Height != height {
		t.Errorf("the picture is %d×%d", first.Width, first.Height)
	}
	turned := func(from examplestest.Picture) func(examplestest.Picture) bool {
		return func(p examplestest.Picture) bool { return p.Difference(from) > 4 }
	}
	v.Until("a ring that turns by itself", turned(first))
	hear(t, v)
	v.Send(input.Text{Text: " "})
	still := v.Still()
	// A quarter turn, by dragging.
	v.Send(
		input.Button{Button: 1, Down: true, At: true, X: 20_000, Y: 30_000},
		input.Button{Button: 1, At: true, X: 20_000, Y: 30_000},
	)
	if p := v.Still(); turned(still)(p) {
		t.Error("a click alone turned it")
	}
	v.Send(input.Button{Button: 1, Down: true, At: true, X: 20_000, Y: 30_000})
	drag := time.Now() // motion may be lost on its way: it is sent until it shows
	v.Until("a ring that was turned by the mouse", func(p examplestest.Picture) bool {
		if time.Since(drag) > 200*time.Millisecond {
			drag = time.Now()
			v.Send(input.Move{X: 36_384, Y: 40_000})
		}
		return turned(still)(p)
	})
	v.Send(input.Button{Button: 1})
	still = v.Still()
	v.Send(input.Key{Code: keyCode(t, "ArrowUp"), Down: true})
	v.Until("a ring that is turned by a key", turned(still))
	v.Send(input.Key{Code: keyCode(t, "ArrowUp")})
	still = v.Still()
	v.Send(input.Wheel{DY: -600})
	v.Until("a ring that came nearer", turned(still))
	p.Interrupt()
}

// hear waits for the tone.
func hear(t *testing.T, v *examplestest.Viewer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), examplestest.Patience)
	defer cancel()
	in, err := v.Stream.Audio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := opus.Backend.NewAudioDecoder(encode.Params{})
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	for loudest := int16(0); loudest < 500; {
		c, err := in.Next(ctx)
		if err != nil {
			t.Fatalf("no tone, but %d of 32768: %v", loudest, err)
		}
		a, err := dec.Decode(&c.Chunk)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range a.Samples {
			loudest = max(loudest, s)
		}
	}
}

// What a key did ends with it, and a viewer that sends what means nothing here
// is told so by an error alone.
func TestSceneTakesInput(t *testing.T) {
	s := newScene()
	if v := s.advance(time.Second); !v.moved {
		t.Error("it does not turn by itself")
	}
	code := keyCode(t, "Space")
	if err := s.Inject(input.Key{Code: code, Down: true}); err != nil {
		t.Fatal(err)
	}
	_ = s.Inject(input.Key{Code: code})
	before := s.advance(time.Second)
	if now := s.advance(time.Second); now.moved || now.yaw != before.yaw {
		t.Errorf("it goes on after the space bar: %+v, then %+v", before, now)
	}
	_ = s.Inject(input.Nudge{DX: width / 4})
	if now := s.advance(0); math.Abs(math.Mod(now.yaw-before.yaw+2*math.Pi, 2*math.Pi)-math.Pi/2) > 1e-9 {
		t.Errorf("a nudge by a quarter of the picture turned it from %v to %v", before.yaw, now.yaw)
	}
	for range 100 {
		_ = s.Inject(input.Wheel{DY: math.MaxInt16})
	}
	if now := s.advance(0); now.zoom < 0.1 {
		t.Errorf("the wheel took it away to %v", now.zoom)
	}
	for _, e := range []input.Event{input.Text{Text: "x"}, input.Key{Code: 1, Down: true}, input.Release{}} {
		if err := s.Inject(e); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%T: %v", e, err)
		}
	}
}

// Of all views, what is drawn stays within the picture, and is undone again.
func TestCanvasForgetsTheRing(t *testing.T) {
	c := newCanvas(width, height)
	for i := range 50 {
		damage := c.draw(view{yaw: float64(i), pitch: float64(i) * 1.7, zoom: 0.4 + float64(i)/30})
		if r := damage[0]; r.Empty() || r.Min.X < 0 || r.Max.X > width || r.Min.Y < 0 || r.Max.Y > height {
			t.Fatalf("the damage is %v", r)
		}
	}
	c.draw(view{zoom: 0.4})
	if string(c.pix[:4*100]) != string(c.ground[:4*100]) {
		t.Error("the ring left its traces")
	}
}

func TestDrawingAllocatesNothing(t *testing.T) {
	c, s, v := newCanvas(width, height), newScene(), &voice{}
	if n := testing.AllocsPerRun(10, func() {
		now := s.advance(time.Second / fps)
		c.draw(now)
		v.sing(now, time.Second/fps)
	}); n > 0 {
		t.Errorf("a picture and its sound cost %v allocations", n)
	}
}

func TestMistakesAreExplained(t *testing.T) {
	for _, test := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--help"}, 0, "arrow keys"},
		{[]string{"--no-such-flag"}, 2, "Flags:"},
		{[]string{"--listen", "192.0.2.1:1"}, 1, "--listen"},
	} {
		status, printed := examplestest.Run(t, test.args...)
		if status != test.status || !strings.Contains(printed, test.says) {
			t.Errorf("%v: status %d: %s", test.args, status, printed)
		}
	}
}
