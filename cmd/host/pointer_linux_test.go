package main

import (
	"fmt"
	"math"
	"testing"
	"time"

	cdp "github.com/chromedp/cdproto/input"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// resting is a condition of the page: nothing of the toolbar moves.
const resting = "document.querySelector('.toolbar').getAnimations({ subtree: true }).length === 0"

// hidden waits until the toolbar, which would be in the way, has gone.
func (d *desk) hidden() {
	d.t.Helper()
	d.wait("!document.querySelector('.toolbar').classList.contains('shown') && " + resting)
}

// shown waits until the toolbar has come. Its buttons slide in, and are where
// they look to be once they rest.
func (d *desk) shown() {
	d.t.Helper()
	d.wait("document.querySelector('.toolbar').classList.contains('shown') && " + resting)
}

// wantClick fails the test unless a button goes down and up next on the host,
// both at a pixel or, for a picture of another size, no further from it than
// slack in either direction.
func (d *desk) wantClick(button int, x, y, slack float64) {
	d.t.Helper()
	for _, kind := range []string{"down", "up"} {
		e := d.next("down", "up")
		if e.Kind != kind || e.Detail != button {
			d.t.Fatalf("button %d %s arrived, want %d %s", e.Detail, e.Kind, button, kind)
		}
		if math.Abs(float64(e.X)-x) > slack || math.Abs(float64(e.Y)-y) > slack {
			d.t.Errorf("button %d %s at %d,%d, want %.1f,%.1f ± %.1f", button, kind, e.X, e.Y, x, y, slack)
		}
	}
}

// aim clicks on parts of the viewer's picture, which is width×height pixels
// of the host, and looks where the clicks arrive.
func (d *desk) aim(width, height int) {
	d.t.Helper()
	d.hidden()
	screen := [2]float64{float64(d.hands.size[0]), float64(d.hands.size[1])}
	scale := min(screen[0]/float64(width), screen[1]/float64(height))
	left, top := (screen[0]-scale*float64(width))/2, (screen[1]-scale*float64(height))/2
	for _, part := range [][2]float64{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0.5, 0.5}, {0.26, 0.3}, {0.77, 0.61}} {
		// The pixel of the viewer's screen, whose corner the browser reports.
		x := math.Ceil(left + part[0]*(scale*float64(width)-1))
		y := math.Ceil(top + part[1]*(scale*float64(height)-1))
		d.hands.move(int(x), int(y))
		d.hands.button(1)
		slack := 0.0
		if scale != 1 {
			slack = max(1, 1/scale)
		}
		d.wantClick(1, (x-left)/scale, (y-top)/scale, slack)
	}
}

func TestPointerClicksWhereItIsAimed(t *testing.T) {
	d := startDesk(t, 1280, 720)
	d.watch()
	d.aim(1280, 720)
	for name, size := range map[string][2]int{
		"scaled down": {640, 360}, "letterboxed": {800, 720}, "pillarboxed": {1280, 500}, "scaled up": {1600, 900},
	} {
		t.Log(name)
		if err := d.near.Resize(t.Context(), size[0], size[1]); err != nil {
			t.Fatal(err)
		}
		d.fits(size[0], size[1])
		d.hands.learn()
		d.aim(1280, 720)
	}
}

func TestPointerStillAimsAfterTheHostsDisplayWasResized(t *testing.T) {
	d := startDesk(t, 1280, 720)
	d.shows(1280, 720)
	for _, size := range [][2]int{{1024, 768}, {800, 450}, {1280, 720}} {
		if err := d.far.Resize(t.Context(), size[0], size[1]); err != nil {
			t.Fatal(err)
		}
		d.shows(size[0], size[1])
		d.watch()
		d.aim(size[0], size[1])
	}
}

func TestPointerHasFiveButtonsAndDrags(t *testing.T) {
	d := startDesk(t, 1280, 720)
	d.watch()
	d.hands.move(200, 300)
	for _, b := range []uint8{1, 2, 3, 8, 9} {
		d.hands.button(b)
		d.wantClick(int(b), 200, 300, 0)
	}
	d.hands.inject(input.Button{Button: 1, Down: true})
	if e := d.next("down"); e.X != 200 || e.Y != 300 {
		t.Errorf("the drag begins at %d,%d, want 200,300", e.X, e.Y)
	}
	d.hands.button(3) // in the midst of it
	d.wantClick(3, 200, 300, 0)
	for x := 210; x <= 700; x += 10 {
		d.hands.move(x, 300+x/5)
	}
	for {
		e := d.next("motion", "up")
		if e.Kind == "up" || e.Pressed&xproto.ButtonMask1 == 0 {
			t.Fatalf("during a drag arrived %+v", e)
		}
		if e.X == 700 && e.Y == 440 {
			break
		}
	}
	d.hands.inject(input.Button{Button: 1})
	if e := d.next("up"); e.Detail != 1 || e.X != 700 || e.Y != 440 {
		t.Errorf("the drag ends with %+v, want 700,440", e)
	}
}

func TestPointerWheelTurnsByNotchesOnBothAxes(t *testing.T) {
	d := startDesk(t, 1280, 720)
	d.watch()
	for _, turn := range []struct {
		wheel  input.Wheel
		button int // X's for it
	}{
		{input.Wheel{DY: 120}, 5}, {input.Wheel{DY: -120}, 4}, {input.Wheel{DX: 120}, 7}, {input.Wheel{DX: -120}, 6},
	} {
		for range 3 {
			d.hands.inject(turn.wheel)
		}
		for range 3 {
			d.wantClick(turn.button, 640, 360, 0)
		}
	}
	d.hands.button(1) // nothing is left over
	d.wantClick(1, 640, 360, 0)
}

// middle is the middle of an element of the page.
func (d *desk) middle(selector string) (x, y int) {
	d.t.Helper()
	var at [2]float64
	d.page.Eval(fmt.Sprintf(`((r) => [r.left + r.width / 2, r.top + r.height / 2])(document.querySelector(%q).getBoundingClientRect())`, selector), &at)
	return int(at[0]), int(at[1])
}

func TestPointerLockedByTheGameButtonMovesByDistances(t *testing.T) {
	d := startDesk(t, 1280, 720)
	d.watch()
	d.hidden()
	const button = `.toolbar button[aria-label^="Game mode"]`
	d.hands.move(640, 0)
	d.shown()
	x, y := d.middle(button)
	d.hands.move(x, y)
	d.wait(fmt.Sprintf("document.querySelector(%q).matches(':hover')", button))
	d.hands.button(1)
	d.wait("document.pointerLockElement && causeway.stream.devices.mode === 'game'")
	var px, py int
	at := func() bool {
		x, y := d.pointer()
		return x == px && y == py
	}
	px, py = d.pointer()
	for _, step := range [][2]int{{7, -5}, {-20, 3}, {100, 50}, {-1, 0}, {0, 1}, {200, 150}} {
		d.hands.inject(input.Nudge{DX: int32(step[0]), DY: int32(step[1])})
		px, py = px+step[0], py+step[1]
		d.eventually(fmt.Sprintf("the host's pointer to move by %v to %d,%d", step, px, py), at)
	}
	d.hands.button(1)
	d.wantClick(1, float64(px), float64(py), 0)
	d.hands.chord("KeyW")
	d.wantKeys("+KeyW", "-KeyW")
	// Escape is the browser's way out.
	d.hands.chord("Escape")
	d.wait("!document.pointerLockElement && causeway.stream.devices.mode === 'desktop'")
}

// finger is a touch at a place of the page.
func finger(id, x, y float64) *cdp.TouchPoint { return &cdp.TouchPoint{X: x, Y: y, ID: id} }

// touch does one thing with fingers.
func (d *desk) touch(kind cdp.TouchType, fingers ...*cdp.TouchPoint) {
	d.t.Helper()
	if fingers == nil {
		fingers = []*cdp.TouchPoint{}
	}
	d.page.Do(cdp.DispatchTouchEvent(kind, fingers))
}

// tap taps on the picture with one finger. The browser does both halves by
// itself: on a busy machine the second would come so late that it were a long
// press.
func (d *desk) tap(x, y float64) {
	d.t.Helper()
	d.page.Do(cdp.SynthesizeTapGesture(x, y).WithGestureSourceType(cdp.GestureTouch))
}

// tapOn taps on an element of the page. The browser makes no click of the
// gesture that tap uses.
func (d *desk) tapOn(selector string) {
	d.t.Helper()
	x, y := d.middle(selector)
	d.touch(cdp.TouchStart, finger(1, float64(x), float64(y)))
	d.touch(cdp.TouchEnd)
}

// choose brings the toolbar out and taps on one of its buttons, until what
// that does is true of the page. For those who take too long, as a busy
// machine does, the toolbar has gone again, and they begin anew.
func (d *desk) choose(button, done string) {
	d.t.Helper()
	var ok bool
	for deadline := time.Now().Add(patience); !ok; {
		if time.Now().After(deadline) {
			d.t.Fatalf("%s was tapped in vain", button)
		}
		d.hidden()
		d.tapOn(".toolbar .handle")
		d.shown()
		d.tapOn(button)
		d.wait(done + " || !document.querySelector('.toolbar').classList.contains('shown')")
		d.page.Eval("Boolean("+done+")", &ok)
	}
}

// startPhone starts a host, and a phone that watches it: its picture has half
// the size.
func startPhone(t *testing.T) *desk {
	t.Helper()
	d := startHostOn(t)
	d.page = openPage(t, d.host.url, webtest.Options{Width: 640, Height: 360, Touch: true})
	return d
}

func TestPointerFollowsFingers(t *testing.T) {
	d := startPhone(t)
	d.watch()
	d.tap(100, 200)
	d.wantClick(1, 200, 400, 2)
	// A long press.
	d.touch(cdp.TouchStart, finger(1, 300, 150))
	d.wantClick(3, 600, 300, 2)
	d.touch(cdp.TouchEnd)
	// Two fingers push the picture up, and pull it down again.
	slide := func(from, to float64) {
		d.touch(cdp.TouchStart, finger(1, 200, from))
		d.touch(cdp.TouchStart, finger(1, 200, from), finger(2, 300, from))
		for n := 1.0; n <= 10; n++ {
			y := from + (to-from)*n/10
			d.touch(cdp.TouchMove, finger(1, 200, y), finger(2, 300, y))
		}
		d.touch(cdp.TouchEnd)
	}
	slide(300, 180)
	d.wantClick(5, 600, 300, 2)
	d.wantClick(5, 600, 300, 2)
	slide(180, 300)
	d.wantClick(4, 600, 300, 2)
	d.wantClick(4, 600, 300, 2)
	// One finger moves the pointer.
	d.touch(cdp.TouchStart, finger(1, 100, 100))
	d.touch(cdp.TouchMove, finger(1, 150, 130))
	d.touch(cdp.TouchMove, finger(1, 200, 150))
	for {
		e := d.next("motion", "down", "up")
		if e.Kind != "motion" || e.Pressed != 0 {
			t.Fatalf("while a finger moved arrived %+v", e)
		}
		if math.Abs(float64(e.X-400)) <= 2 && math.Abs(float64(e.Y-300)) <= 2 {
			break
		}
	}
	d.touch(cdp.TouchEnd)
	d.tap(320, 180)
	d.wantClick(1, 640, 360, 2)
}
