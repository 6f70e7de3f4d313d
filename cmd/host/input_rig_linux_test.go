package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/capture/virtual"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/inputtest"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// desk is a person at a viewer and the host that they see: two displays, the
// real host on one, a real Chromium that fills the other, and hands at the
// latter's keyboard and mouse.
type desk struct {
	t      *testing.T
	far    *virtual.Display // the host's
	host   *process
	near   *virtual.Display // the viewer's; nil when the page is headless
	page   *webtest.Browser
	hands  *hands
	window *inputtest.Window // see watch
}

// startHostOn starts a host on an empty display of 1280×720 pixels.
func startHostOn(t *testing.T, args ...string) *desk {
	t.Helper()
	d := &desk{t: t, far: capturetest.Display(t, 1280, 720)}
	d.ask(repeatNothing)
	// The picture only has to be there.
	d.host = startHost(t, d.far.Env(), append(args, "--display", d.far.Name(), "--audio", "off", "--fps", "15", "--bitrate", "1M")...)
	return d
}

// startDesk starts a host, and a viewer in a kiosk window on a display of
// width×height pixels. The pointer rests in the middle, and the page has been
// clicked.
func startDesk(t *testing.T, width, height int) *desk {
	t.Helper()
	d := startHostOn(t)
	var err error
	d.near, err = virtual.Start(t.Context(), virtual.Options{Width: width, Height: height, WindowManager: true})
	if err != nil {
		t.Fatal(err) // the host's display would have skipped
	}
	t.Cleanup(func() { d.near.Close() })
	d.hands = newHands(t, d.near)
	d.page = openPage(t, d.host.url, webtest.Options{Display: d.near.Name(), Kiosk: true, Width: width, Height: height})
	d.fits(width, height)
	d.hands.move(width/2, height/2)
	d.hands.button(1)
	d.wait("document.hasFocus() && document.activeElement.tagName === 'TEXTAREA'")
	return d
}

// openPage opens the viewer page and waits until it takes input.
func openPage(t *testing.T, url string, o webtest.Options) *webtest.Browser {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 10 * patience
	}
	b := webtest.Start(t, o)
	b.Open(url)
	b.WaitConnected(patience)
	b.Wait("causeway.stream.permissions !== 0", patience)
	b.Wait("causeway.stream.hasPicture", patience)
	b.Wait("causeway.stream.inputOpen", patience)
	return b
}

// wait waits until a condition of the page is true.
func (d *desk) wait(condition string) {
	d.t.Helper()
	d.page.Wait(condition, patience)
}

// fits waits until the page fills a window of this size.
func (d *desk) fits(width, height int) {
	d.t.Helper()
	d.wait(jsEqual("[innerWidth, innerHeight]", width, height))
}

// shows waits until the picture has the size of the host's display.
func (d *desk) shows(width, height int) {
	d.t.Helper()
	d.wait(jsEqual("[causeway.stream.video.videoWidth, causeway.stream.video.videoHeight]", width, height))
}

// setLayouts sets the keyboard layouts of both ends.
func (d *desk) setLayouts(near, far string) {
	d.t.Helper()
	on(d.far).SetLayout(d.t, far)
	d.hands.setLayout(near)
}

// watch opens a window over the whole of the host's display; it has the focus
// and sees what arrives from now on.
func (d *desk) watch() {
	d.t.Helper()
	d.window = inputtest.NewWindow(d.t, on(d.far))
	if d.hands == nil {
		return
	}
	// What was done before may arrive only now. Keys and buttons keep their order.
	d.hands.chord("F9")
	for d.next("release").Detail != int(place(d.t, "F9"))+8 {
	}
}

// pointer is where the host's pointer is.
func (d *desk) pointer() (x, y int) {
	d.t.Helper()
	d.ask(func(c *xgb.Conn) error {
		p, err := xproto.QueryPointer(c, xproto.Setup(c).DefaultScreen(c).Root).Reply()
		if err == nil {
			x, y = int(p.RootX), int(p.RootY)
		}
		return err
	})
	return x, y
}

// ask calls f with a connection to the host's display.
func (d *desk) ask(f func(*xgb.Conn) error) {
	d.t.Helper()
	x, err := xgb.NewConnDisplay(d.far.Name())
	if err != nil {
		d.t.Fatal(err)
	}
	defer x.Close()
	if err := f(x); err != nil {
		d.t.Fatal(err)
	}
}

// on is a display as the helpers of inputtest know it.
func on(d *virtual.Display) *inputtest.Server { return &inputtest.Server{Display: d.Name()} }

// next is the next event on the host's display of one of these kinds: see
// [inputtest.Seen].
func (d *desk) next(kinds ...string) inputtest.Seen {
	d.t.Helper()
	for {
		if e := d.window.Next(d.t); slices.Contains(kinds, e.Kind) {
			return e
		}
	}
}

// wantKeys fails the test unless these keys move next on the host, by the
// names of their places, + down and - up, and returns what the window saw.
func (d *desk) wantKeys(want ...string) (seen []inputtest.Seen) {
	d.t.Helper()
	defer func() {
		if d.t.Failed() {
			d.t.Logf("the keys %q were to arrive", want)
		}
	}()
	for _, want := range want {
		e := d.next("press", "release")
		seen = append(seen, e)
		kind := map[byte]string{'+': "press", '-': "release"}[want[0]]
		if code := int(place(d.t, want[1:])) + 8; e.Kind != kind || e.Detail != code {
			d.t.Fatalf("%s %d (keysym %#x) arrived, want %s: %s %d", e.Kind, e.Detail, e.Keysym, want, kind, code)
		}
	}
	return seen
}

// stir moves the viewer's mouse a little. Chromium, when it begins or ends to
// compose, waits for an answer of its X server, and a key that moves at this
// moment, sooner than people's fingers do, lies in its queue until more comes.
func (d *desk) stir() {
	d.t.Helper()
	if d.hands != nil {
		d.hands.inject(input.Nudge{DX: 1})
		d.hands.inject(input.Nudge{DX: -1})
	}
}

// holds waits until these keys and no others are down on the host.
func (d *desk) holds(names ...string) {
	d.t.Helper()
	var want []int
	for _, name := range names {
		want = append(want, int(place(d.t, name))+8)
	}
	slices.Sort(want)
	d.eventually(fmt.Sprintf("%q to be what is down", names), func() bool {
		d.stir()
		codes, _ := d.window.Held(d.t)
		return slices.Equal(codes, want)
	})
}

// eventually waits until ok.
func (d *desk) eventually(what string, ok func() bool) {
	d.t.Helper()
	d.host.eventually(what, ok)
}

// jsEqual is a condition of the page: a list has these two numbers.
func jsEqual(list string, a, b int) string {
	return fmt.Sprintf("((v) => v[0] === %d && v[1] === %d)(%s)", a, b, list)
}
