package x11

import (
	"bytes"
	"image"
	"slices"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture/capturetest"
)

// TestSocketCarriesWhatMemoryShares compares both ways of reading pixels.
func TestSocketCarriesWhatMemoryShares(t *testing.T) {
	display := capturetest.Display(t, 320, 200)
	if out, err := capturetest.Command(t, display.Env(), "xsetroot", "-mod", "5", "7").CombinedOutput(); err != nil {
		t.Fatalf("xsetroot: %v: %s", err, out)
	}
	d, err := connect(t.Context(), display.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer d.hangUp()
	shared, err := newPixels(d, 320, 200)
	if err != nil {
		t.Fatalf("share memory: %v", err)
	}
	defer shared.leave()
	plain := &pixels{width: 320, height: 200, mem: make([]byte, 4*320*200)}
	for _, p := range []*pixels{shared, plain} {
		if err := p.read(d, xproto.Drawable(d.root), image.Point{}, 0, 100); err != nil {
			t.Fatal(err)
		}
		if err := p.read(d, xproto.Drawable(d.root), image.Point{}, 100, 200); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(shared.mem, plain.mem) {
		t.Error("the pictures differ")
	}
	if slices.Max(plain.mem) == 0 {
		t.Error("the pictures are black")
	}
	if err := plain.read(d, xproto.Drawable(d.root), image.Point{}, 100, 300); err == nil {
		t.Error("rows beyond the screen were read")
	}
}
