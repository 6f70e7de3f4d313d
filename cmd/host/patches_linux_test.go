package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"testing"

	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// mottle hangs many small windows of all colours on a display, and paints them
// into want as well.
func mottle(t *testing.T, display string, want draw.Image) {
	t.Helper()
	var patches []patch
	size := want.Bounds().Size()
	for range 300 {
		at := image.Pt(rand.IntN(size.X), rand.IntN(size.Y))
		p := patch{image.Rectangle{at, at.Add(image.Pt(1+rand.IntN(40), 1+rand.IntN(9)))}, randomColour()}
		draw.Draw(want, p.at, image.NewUniform(p.colour), image.Point{}, draw.Src)
		patches = append(patches, p)
	}
	hang(t, display, patches...)
}

func randomColour() color.RGBA {
	c := rand.Uint32()
	return color.RGBA{byte(c), byte(c >> 8), byte(c >> 16), 255}
}

// Video rounds colours, in most codecs has half of their resolution, and is
// coarse when there is much to send. What stands still must be in the page to
// the last bit all the same, whatever the codec.
func TestWhatStandsStillBecomesExact(t *testing.T) {
	for _, codec := range []string{"auto", "vp8"} {
		t.Run(codec, func(t *testing.T) {
			d := capturetest.Display(t, 640, 480)
			want := image.NewRGBA(image.Rect(0, 0, 640, 480))
			all := patch{want.Bounds(), randomColour()}
			draw.Draw(want, all.at, image.NewUniform(all.colour), image.Point{}, draw.Src)
			hang(t, d.Name(), all)
			mottle(t, d.Name(), want)
			h := startHost(t, nil, "--display", d.Name(), "--inject", "none", "--audio", "off", "--codec", codec)
			b := browse(t, h, webtest.Options{})
			exact := func() error { return unlike(b.Patches(), want) }
			settle(t, "the page", exact)
			mottle(t, d.Name(), want)
			settle(t, "the page after a change", exact)
		})
	}
}

// unlike says where two pictures differ first.
func unlike(got, want image.Image) error {
	if got.Bounds() != want.Bounds() {
		return fmt.Errorf("a picture of %v, want %v", got.Bounds(), want.Bounds())
	}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r, g, b, a := got.At(x, y).RGBA()
			if wr, wg, wb, wa := want.At(x, y).RGBA(); r != wr || g != wg || b != wb || a != wa {
				return fmt.Errorf("at %d,%d there is %v, want %v", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
	return nil
}
