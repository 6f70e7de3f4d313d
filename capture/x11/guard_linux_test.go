package x11_test

import (
	"image"
	"strconv"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/capture/x11"
)

func TestAClickReachesAShownWindowAndNoOther(t *testing.T) {
	d := capturetest.Display(t, 640, 480)
	shown := newBox(t, d.Name(), "shown", image.Rect(100, 100, 300, 250), green)
	other := newBox(t, d.Name(), "other", image.Rect(150, 120, 250, 220), red)
	other.place(image.Rect(150, 120, 250, 220))
	s, v := openView(t, d.Name(), capture.Area{Window: strconv.Itoa(int(shown.id))})
	next(t, s).Release()
	g := x11.NewGuard(v, d.Name)
	t.Cleanup(func() { g.Close() })
	if g.Focused() {
		t.Error("it has the keyboard before anybody clicked")
	}
	for _, row := range []struct {
		at   image.Point
		want bool
	}{
		{image.Pt(110, 110), true}, {image.Pt(200, 200), false}, {image.Pt(50, 50), false}, {image.Pt(299, 249), true}, {image.Pt(300, 250), false},
	} {
		if got := g.Reaches(row.at, false); got != row.want {
			t.Errorf("a motion to %v reaches it: %v", row.at, got)
		}
	}
	if !g.Reaches(image.Pt(200, 200), true) || !g.Reaches(image.Pt(200, 200), false) || !g.Focused() {
		t.Error("a click on what is hidden does not raise it")
	}
	if g.Reaches(image.Pt(50, 50), true) {
		t.Error("a click beside it reaches it")
	}
	if at, err := g.Pointer(); err != nil || !at.In(image.Rect(0, 0, 640, 480)) {
		t.Errorf("the pointer is at %v, %v", at, err)
	}
}
