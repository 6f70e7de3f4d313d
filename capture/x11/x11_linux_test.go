package x11_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"io"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/capture/virtual"
	"github.com/causeway-rtc/causeway/capture/x11"
)

// patience is for a busy machine; nothing here takes a second on an idle one.
const patience = 20 * time.Second

// open captures the display for the time of a test.
func open(t testing.TB, name string) capture.Source {
	t.Helper()
	s, err := x11.Backend.Open(t.Context(), capture.Options{Display: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// next waits for one frame, which it releases at the end of the test unless
// the test does.
func next(t testing.TB, s capture.Source) *capture.Frame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	f, err := s.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// still expects that no frame comes for a while.
func still(t *testing.T, s capture.Source) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if f, err := s.Next(ctx); err == nil {
		t.Errorf("a frame of %v though nothing changed", f.Damage)
		f.Release()
	} else if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

// painter draws on the root window.
type painter struct {
	c    *xgb.Conn
	root xproto.Window
	gc   xproto.Gcontext
}

func newPainter(t testing.TB, name string) *painter {
	t.Helper()
	xgb.Logger.SetOutput(io.Discard)
	c, err := xgb.NewConnDisplay(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	gc, err := xproto.NewGcontextId(c)
	if err != nil {
		t.Fatal(err)
	}
	p := &painter{c: c, root: xproto.Setup(c).DefaultScreen(c).Root, gc: gc}
	// The windows of others are drawn over, too.
	err = xproto.CreateGCChecked(c, gc, xproto.Drawable(p.root), xproto.GcSubwindowMode, []uint32{1}).Check()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *painter) fill(r image.Rectangle, rgb uint32) {
	xproto.ChangeGC(p.c, p.gc, xproto.GcForeground, []uint32{rgb})
	xproto.PolyFillRectangle(p.c, xproto.Drawable(p.root), p.gc, []xproto.Rectangle{{
		X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy()),
	}})
}

// pixel reads one pixel of a frame.
func pixel(f *capture.Frame, x, y int) color.RGBA {
	p := f.Plane[0][y*f.Stride[0]+4*x:]
	return color.RGBA{R: p[2], G: p[1], B: p[0], A: 255}
}

func TestConformance(t *testing.T) {
	d := capturetest.Display(t, 320, 200)
	p := newPainter(t, d.Name())
	n := uint32(0)
	capturetest.Run(t, x11.Backend, capturetest.Options{
		Capture: capture.Options{Display: d.Name()},
		Width:   320, Height: 200,
		Change: func() {
			n++
			p.fill(image.Rect(0, 0, 50, 50), n*0x10101)
		},
		Kill: func() {
			if err := syscall.Kill(d.Pid(), syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		},
	})
}

func TestFramesFollowDamage(t *testing.T) {
	d := capturetest.Display(t, 640, 480)
	p := newPainter(t, d.Name())
	s := open(t, d.Name())
	next(t, s).Release()
	still(t, s)
	for _, at := range []image.Point{{0, 0}, {639, 479}, {17, 255}} {
		p.fill(image.Rectangle{at, at.Add(image.Pt(1, 1))}, 0x12abef)
		f := next(t, s)
		if len(f.Damage) != 1 || !at.In(f.Damage[0]) || f.Damage[0].Dx() > 8 {
			t.Errorf("damage = %v, want a small rectangle around %v", f.Damage, at)
		}
		if got, want := pixel(f, at.X, at.Y), (color.RGBA{0x12, 0xab, 0xef, 255}); got != want {
			t.Errorf("pixel %v = %v, want %v", at, got, want)
		}
		f.Release()
		still(t, s)
	}
	// The rows outside of the last damage are those of the frames before.
	f, err := s.Snap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Release()
	if got, want := pixel(f, 639, 479), (color.RGBA{0x12, 0xab, 0xef, 255}); got != want {
		t.Errorf("pixel of an earlier frame = %v, want %v", got, want)
	}
}

// TestNothingIsLost draws without pause and expects the last of it in the
// last frame.
func TestNothingIsLost(t *testing.T) {
	d := capturetest.Display(t, 320, 200)
	p := newPainter(t, d.Name())
	s := open(t, d.Name())
	go func() {
		for i := range 2000 {
			x := i % 320
			p.fill(image.Rect(x, 0, x+1, 200), uint32(i)|0x800000)
		}
		p.c.Sync()
	}()
	last := time.Duration(-1)
	for {
		f := next(t, s)
		if f.Time <= last {
			t.Fatalf("time went from %v to %v", last, f.Time)
		}
		last = f.Time
		got := pixel(f, 1999%320, 100)
		f.Release()
		if got == (color.RGBA{0x80, 1999 >> 8, 1999 & 0xff, 255}) {
			return
		}
	}
}

func TestFramesFollowTheSize(t *testing.T) {
	d := capturetest.Display(t, 640, 480)
	s := open(t, d.Name())
	first := next(t, s)
	// A consumer may hold the old picture while the display changes.
	for _, size := range []image.Point{{1280, 720}, {320, 200}, {1920, 1080}} {
		if err := d.Resize(t.Context(), size.X, size.Y); err != nil {
			t.Fatal(err)
		}
		_ = first.Plane[0][len(first.Plane[0])-1]
		first.Release()
		for {
			f := next(t, s)
			if got := image.Pt(f.Width, f.Height); got == size {
				if want := f.Stride[0] * f.Height; len(f.Plane[0]) != want || f.Stride[0] != 4*f.Width {
					t.Errorf("%v: %d bytes, want %d", size, len(f.Plane[0]), want)
				}
				first = f
				break
			}
			f.Release()
		}
	}
	first.Release()
}

func TestResizeBesideCapture(t *testing.T) {
	d := capturetest.Display(t, 640, 480, "while :; do xsetroot -solid red; xsetroot -solid blue; done")
	s := open(t, d.Name())
	done := make(chan error, 1)
	go func() {
		for i := range 20 {
			if err := d.Resize(t.Context(), 400+40*(i%7), 300+30*(i%5)); err != nil {
				done <- err
				return
			}
		}
		done <- d.Resize(t.Context(), 500, 444)
	}()
	for {
		f := next(t, s)
		size := image.Pt(f.Width, f.Height)
		f.Release()
		if size == image.Pt(500, 444) {
			break
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestFrameOutlivesItsSource(t *testing.T) {
	d := capturetest.Display(t, 640, 480)
	s := open(t, d.Name())
	f := next(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, b := range f.Plane[0] {
		sum += int(b)
	}
	f.Release()
	if _, err := s.Next(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Next after Close = %v, want net.ErrClosed", err)
	}
}

// TestFrozenServerIsLost stops the X server instead of ending it: the
// connection stays open, and no answer comes.
func TestFrozenServerIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the patience of a capture to end")
	}
	d := capturetest.Display(t, 640, 480)
	s := open(t, d.Name())
	next(t, s).Release()
	if err := syscall.Kill(d.Pid(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(d.Pid(), syscall.SIGCONT) })
	f, err := s.Snap(t.Context())
	if err == nil {
		f.Release()
	}
	if !errors.Is(err, capture.ErrLost) {
		t.Errorf("Snap = %v, want capture.ErrLost", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestNoGoroutineOutlivesManySources(t *testing.T) {
	d := capturetest.Display(t, 320, 200)
	before := runtime.NumGoroutine()
	for range 20 {
		s, err := x11.Backend.Open(t.Context(), capture.Options{Display: d.Name()})
		if err != nil {
			t.Fatal(err)
		}
		next(t, s).Release()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, want %d", runtime.NumGoroutine(), before)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Setenv("DISPLAY", "")
	for name, want := range map[string]string{
		"":       "$DISPLAY is not set",
		"zero":   "is no display",
		":9999":  `open display ":9999"`,
		":0.x":   "is no display",
		"udp/:7": "",
	} {
		if _, err := x11.Backend.Open(t.Context(), capture.Options{Display: name}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("open %q = %v, want %q in it", name, err, want)
		}
		if err := x11.Backend.Probe(t.Context(), capture.Options{Display: name}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("probe %q = %v, want %q in it", name, err, want)
		}
	}
	d := capturetest.Display(t, 320, 200)
	if _, err := x11.Backend.Open(t.Context(), capture.Options{Display: d.Name() + ".7"}); err == nil ||
		!strings.Contains(err.Error(), "no screen 7") {
		t.Errorf("open screen 7 = %v", err)
	}
}

func TestDisplaysListsSizes(t *testing.T) {
	d := capturetest.Display(t, 648, 364)
	list, err := x11.Displays(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Name == d.Name() {
			if e.Err != nil || e.Width != 648 || e.Height != 364 {
				t.Errorf("listed as %+v", e)
			}
			return
		}
	}
	t.Errorf("%s is not among %v", d.Name(), list)
}

func TestWaylandIsRecognised(t *testing.T) {
	for _, row := range []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{"DISPLAY": ":0"}, false},
		{map[string]string{"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, true},
		{map[string]string{"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"}, true},
		{map[string]string{"DISPLAY": ":0", "XDG_SESSION_TYPE": "x11"}, false},
	} {
		if got := x11.Wayland(func(k string) string { return row.env[k] }); got != row.want {
			t.Errorf("Wayland(%v) = %v, want %v", row.env, got, row.want)
		}
	}
}

// BenchmarkNext measures from a request to draw to the frame that shows it:
// the request's way, the event's, and the capture.
func BenchmarkNext(b *testing.B) {
	for _, bench := range []struct {
		name   string
		w, h   int
		damage image.Rectangle
	}{
		{"720p/line", 1280, 720, image.Rect(100, 100, 900, 116)},
		{"720p/whole", 1280, 720, image.Rect(0, 0, 1280, 720)},
		{"1080p/line", 1920, 1080, image.Rect(100, 100, 900, 116)},
		{"1080p/whole", 1920, 1080, image.Rect(0, 0, 1920, 1080)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			d, err := virtual.Start(b.Context(), virtual.Options{Width: bench.w, Height: bench.h})
			if err != nil {
				b.Skip(err)
			}
			defer d.Close()
			p, s := newPainter(b, d.Name()), open(b, d.Name())
			next(b, s).Release()
			n := uint32(0)
			b.ReportAllocs()
			for b.Loop() {
				n++
				p.fill(bench.damage, n)
				next(b, s).Release()
			}
		})
	}
}
