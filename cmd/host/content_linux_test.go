package main

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/x264"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// floodColours fills a whole display with one colour after another, forty times a
// second, and ends with the last.
func floodColours(t *testing.T, c *xgb.Conn, colours []color.RGBA, last color.RGBA, n int) {
	t.Helper()
	screen := xproto.Setup(c).DefaultScreen(c)
	gc, err := xproto.NewGcontextId(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.CreateGCChecked(c, gc, xproto.Drawable(screen.Root), xproto.GcSubwindowMode, []uint32{xproto.SubwindowModeIncludeInferiors}).Check(); err != nil {
		t.Fatal(err)
	}
	defer xproto.FreeGC(c, gc)
	tick := time.NewTicker(time.Second / 40)
	defer tick.Stop()
	for i := range n + 1 {
		p := colours[i%len(colours)]
		if i == n {
			p = last
		}
		xproto.ChangeGC(c, gc, xproto.GcForeground, []uint32{uint32(p.R)<<16 | uint32(p.G)<<8 | uint32(p.B)})
		all := xproto.Rectangle{Width: screen.WidthInPixels, Height: screen.HeightInPixels}
		if err := xproto.PolyFillRectangleChecked(c, xproto.Drawable(screen.Root), gc, []xproto.Rectangle{all}).Check(); err != nil {
			t.Fatal(err)
		}
		<-tick.C
	}
}

// The picture goes from text to a game and back. The page must not notice: no
// frame that cannot be decoded, and none of a colour that was never there.
func TestEncodersTakeTurnsWithoutASeam(t *testing.T) {
	encodetest.Need(t, x264.High444)
	d := capturetest.Display(t, 640, 480)
	c := hang(t, d.Name())
	h := startHost(t, nil, "--display", d.Name(), "--inject", "none", "--audio", "off")
	b := browse(t, h, webtest.Options{})
	red, green, blue := color.RGBA{200, 30, 30, 255}, color.RGBA{30, 150, 30, 255}, color.RGBA{40, 60, 200, 255}
	shown := func(want color.RGBA) error {
		got := colourAt(b.Frame(), image.Rect(100, 100, 540, 380))
		for i, v := range []uint8{want.R, want.G, want.B} {
			if d := got[i] - int(v); d > inPage || d < -inPage {
				return fmt.Errorf("the page shows %v, want %v", got, want)
			}
		}
		return nil
	}
	turns := func(backend string) int { return strings.Count(h.log.String(), "backend="+backend+" width") }
	for turn := 1; turn <= 3; turn++ {
		floodColours(t, c, []color.RGBA{red, green}, blue, 120)
		until(t, "the encoder for motion", func() bool { return turns("x264") >= turn })
		// A hand moves over the desktop, so to speak: small changes, no motion.
		hang(t, d.Name(), patch{image.Rect(0, 0, 20, 20), red})
		settle(t, "the page", func() error { return shown(blue) })
		until(t, "the encoder for text", func() bool {
			hang(t, d.Name(), patch{image.Rect(0, 0, 20, 20), red}, patch{image.Rect(0, 0, 20, 20), green})
			return turns("x264-444") > turn
		})
		settle(t, "the page", func() error { return shown(blue) })
	}
	var asked int
	b.Eval(`causeway.peer.rtc.getStats().then((all) => [...all.values()].find((s) => s.type === 'inbound-rtp' && s.kind === 'video').pliCount)`, &asked)
	if asked > 1 {
		t.Errorf("the page asked for a key frame %d times: it could not decode something", asked)
	}
}
