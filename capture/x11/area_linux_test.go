package x11_test

import (
	"image"
	"image/color"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/capture/virtual"
	"github.com/causeway-rtc/causeway/capture/x11"
)

// xrandr changes the monitors of a display.
func xrandr(t testing.TB, d *virtual.Display, args ...string) {
	t.Helper()
	if out, err := capturetest.Command(t, d.Env(), "xrandr", args...).CombinedOutput(); err != nil {
		t.Fatalf("xrandr %v: %v: %s", args, err, out)
	}
}

// twoMonitors is a display with a monitor L on its left and R on its right,
// painted red and blue.
func twoMonitors(t testing.TB) (*virtual.Display, *painter) {
	t.Helper()
	d := capturetest.Display(t, 640, 240)
	xrandr(t, d, "--setmonitor", "L", "320/80x240/60+0+0", "screen")
	xrandr(t, d, "--setmonitor", "R", "320/80x240/60+320+0", "none")
	p := newPainter(t, d.Name())
	p.fill(image.Rect(0, 0, 320, 240), red)
	p.fill(image.Rect(320, 0, 640, 240), blue)
	p.c.Sync()
	return d, p
}

const (
	red   = 0xcc1122
	blue  = 0x2211cc
	green = 0x11cc22
	black = 0
)

func rgb(c uint32) color.RGBA {
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 255}
}

// openView captures a part of the display for the time of a test.
func openView(t testing.TB, name string, a capture.Area) (capture.Source, *capture.View) {
	t.Helper()
	v := capture.NewView(a)
	s, err := x11.Backend.Open(t.Context(), capture.Options{Display: name, View: v})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, v
}

// colour is that of all pixels of the frame, which it releases.
func colour(t testing.TB, f *capture.Frame) (c color.RGBA, ok bool) {
	t.Helper()
	defer f.Release()
	c = pixel(f, 0, 0)
	for y := range f.Height {
		for x := range f.Width {
			if pixel(f, x, y) != c {
				return c, false
			}
		}
	}
	return c, true
}

// awaitFrame waits for a frame that is as it should be.
func awaitFrame(t testing.TB, s capture.Source, what string, good func(*capture.Frame) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		f := next(t, s)
		done := good(f)
		f.Release()
		if done {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never saw %s", what)
		}
	}
}

func TestConformanceOfAPart(t *testing.T) {
	d, p := twoMonitors(t)
	n := uint32(0)
	capturetest.Run(t, x11.Backend, capturetest.Options{
		Capture: capture.Options{Display: d.Name(), View: capture.NewView(capture.Area{Region: image.Rect(300, 10, 401, 77)})},
		Width:   101, Height: 67,
		Change: func() {
			n++
			p.fill(image.Rect(310, 20, 350, 50), n*0x10101)
		},
	})
}

func TestMonitorsAreListedFromTheLeft(t *testing.T) {
	d, _ := twoMonitors(t)
	got, err := x11.Monitors(t.Context(), d.Name())
	if err != nil || len(got) != 2 || got[0] != (capture.Monitor{Name: "L", Bounds: image.Rect(0, 0, 320, 240)}) ||
		got[1] != (capture.Monitor{Name: "R", Bounds: image.Rect(320, 0, 640, 240)}) {
		t.Errorf("Monitors = %v, %v", got, err)
	}
}

// TestSwitchingShowsNoOtherMonitor switches 200 times between monitors, with
// the size changed every tenth time, and looks at every pixel of every frame.
func TestSwitchingShowsNoOtherMonitor(t *testing.T) {
	d, _ := twoMonitors(t)
	s, v := openView(t, d.Name(), capture.Area{Monitor: "L"})
	next(t, s).Release()
	fds, segments, goroutines := openFiles(t), sharedSegments(t), runtime.NumGoroutine()
	areas := []struct {
		area capture.Area
		size image.Point
		want color.RGBA
	}{
		{capture.Area{Monitor: "R"}, image.Pt(320, 240), rgb(blue)},
		{capture.Area{Monitor: "1"}, image.Pt(320, 240), rgb(red)},
		{capture.Area{Region: image.Rect(321, 1, 640, 240)}, image.Pt(319, 239), rgb(blue)},
		{capture.Area{Region: image.Rect(7, 9, 8, 10)}, image.Pt(1, 1), rgb(red)},
	}
	for i := range 200 {
		a := areas[i%len(areas)]
		v.Choose(a.area)
		f := next(t, s)
		size := image.Pt(f.Width, f.Height)
		if c, ok := colour(t, f); !ok || c != a.want || size != a.size {
			t.Fatalf("switch %d to %v: %v of %v, all alike: %v; want %v of %v", i, a.area, c, size, ok, a.want, a.size)
		}
	}
	v.Choose(capture.Area{Monitor: "L"})
	next(t, s).Release()
	if n := openFiles(t); n > fds {
		t.Errorf("%d files are open, %d before", n, fds)
	}
	if n := sharedSegments(t); n > segments {
		t.Errorf("%d segments of shared memory, %d before", n, segments)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
}

// openFiles counts the files that this process has open.
func openFiles(t testing.TB) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// sharedSegments counts the System V segments that this process has mapped.
func sharedSegments(t testing.TB) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(maps), "/SYSV")
}

func TestAMonitorThatGoesAwayLeavesAll(t *testing.T) {
	d, _ := twoMonitors(t)
	s, v := openView(t, d.Name(), capture.Area{Monitor: "R"})
	next(t, s).Release()
	if got := v.Shown(); got.Monitor != "R" || got.Missing != "" {
		t.Fatalf("shown: %+v", got)
	}
	xrandr(t, d, "--delmonitor", "R")
	awaitFrame(t, s, "all monitors", func(f *capture.Frame) bool { return f.Width == 640 })
	if got := v.Shown(); got.Monitor != "" || !strings.Contains(got.Missing, `no monitor "R"; there are: L`) {
		t.Errorf("shown: %+v", got)
	}
	xrandr(t, d, "--setmonitor", "R", "320/80x240/60+320+0", "none")
	awaitFrame(t, s, "the monitor again", func(f *capture.Frame) bool { return f.Width == 320 })
	if got := v.Shown(); got.Monitor != "R" || got.Missing != "" {
		t.Errorf("shown: %+v", got)
	}
}

func TestAMonitorThatTurnsIsFollowed(t *testing.T) {
	d := capturetest.Display(t, 640, 240)
	xrandr(t, d, "--setmonitor", "tablet", "200/50x100/25+40+20", "screen")
	s, _ := openView(t, d.Name(), capture.Area{Monitor: "tablet"})
	next(t, s).Release()
	xrandr(t, d, "--delmonitor", "tablet")
	xrandr(t, d, "--setmonitor", "tablet", "100/25x200/50+40+20", "screen")
	awaitFrame(t, s, "the monitor upright", func(f *capture.Frame) bool { return f.Width == 100 && f.Height == 200 })
	if err := d.Resize(t.Context(), 240, 640); err != nil {
		t.Fatal(err)
	}
	xrandr(t, d, "--delmonitor", "tablet")
	awaitFrame(t, s, "the display upright", func(f *capture.Frame) bool { return f.Width == 240 && f.Height == 640 })
}

func TestWhatIsNotThereIsRefusedWithWhatIs(t *testing.T) {
	d, _ := twoMonitors(t)
	newBox(t, d.Name(), "Notes", image.Rect(10, 10, 60, 40), green)
	for _, row := range []struct {
		area capture.Area
		want []string
	}{
		{capture.Area{Monitor: "3"}, []string{`no monitor "3"`, "L, R"}},
		{capture.Area{Region: image.Rect(600, 0, 700, 10)}, []string{"region 100x10+600+0", "640x240"}},
		{capture.Area{Region: image.Rect(900, 900, 910, 910)}, []string{"640x240"}},
		{capture.Area{Window: "Mail"}, []string{"window Mail", `"Notes"`}},
		{capture.Area{Processes: []int{1 << 30}}, []string{"process 1073741824", `"Notes" of process`}},
	} {
		err := x11.Check(t.Context(), d.Name(), row.area)
		for _, want := range row.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v, want %q in it", row.area, err, want)
			}
		}
	}
	for _, a := range []capture.Area{
		{}, {Monitor: "L"}, {Monitor: "2"}, {Window: "Notes"}, {Region: image.Rect(0, 0, 640, 240)}, {Processes: []int{os.Getpid()}},
	} {
		if err := x11.Check(t.Context(), d.Name(), a); err != nil {
			t.Errorf("%v: %v", a, err)
		}
	}
}

func TestCursorIsToldInTheShownPart(t *testing.T) {
	d, p := twoMonitors(t)
	s, v := openView(t, d.Name(), capture.Area{Monitor: "R"})
	next(t, s).Release()
	seen := make(chan capture.Cursor, 1000)
	go s.(capture.CursorSource).WatchCursor(t.Context(), func(c capture.Cursor) { seen <- c })
	await := func(x, y int, visible bool) {
		t.Helper()
		for deadline := time.After(patience); ; {
			select {
			case c := <-seen:
				if c.X == x && c.Y == y && c.Visible == visible {
					return
				}
			case <-deadline:
				t.Fatalf("the pointer was never at %d,%d, visible: %v", x, y, visible)
			}
		}
	}
	p.warp(330, 20)
	await(10, 20, true)
	p.warp(30, 20)
	await(-290, 20, false)
	v.Choose(capture.Area{Monitor: "L"})
	next(t, s).Release()
	await(30, 20, true)
}
