package x11_test

import (
	"image"
	"image/color"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/capture/x11"
)

// box is a window of one colour. Like those of most toolkits it has no
// background: the server leaves in it what was there, until it is drawn.
type box struct {
	c      *xgb.Conn
	id     xproto.Window
	gc     xproto.Gcontext
	colour atomic.Uint32
	slow   atomic.Bool // takes its time to draw, as programs do
}

// slowness is longer than a capture waits for a program to draw.
const slowness = 100 * time.Millisecond

func newBox(t testing.TB, display, title string, r image.Rectangle, colour uint32) *box {
	t.Helper()
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	b := &box{c: c}
	b.colour.Store(colour)
	done := make(chan struct{})
	t.Cleanup(func() {
		c.Close()
		<-done
	})
	go b.draw(done)
	screen := xproto.Setup(c).DefaultScreen(c)
	b.id, _ = xproto.NewWindowId(c)
	b.gc, _ = xproto.NewGcontextId(c)
	err = xproto.CreateWindowChecked(c, screen.RootDepth, b.id, screen.Root, int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), 0, xproto.WindowClassInputOutput, screen.RootVisual,
		xproto.CwBackPixmap|xproto.CwEventMask, []uint32{0, xproto.EventMaskExposure}).Check()
	if err != nil {
		t.Fatal(err)
	}
	xproto.CreateGC(c, b.gc, xproto.Drawable(b.id), 0, nil)
	xproto.ChangeProperty(c, xproto.PropModeReplace, b.id, xproto.AtomWmName, xproto.AtomString, 8, uint32(len(title)), []byte(title))
	if err := xproto.MapWindowChecked(c, b.id).Check(); err != nil {
		t.Fatal(err)
	}
	return b
}

// draw draws when the server asks for it.
func (b *box) draw(done chan<- struct{}) {
	defer close(done)
	for {
		event, err := b.c.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if _, ok := event.(xproto.ExposeEvent); ok {
			if b.slow.Load() {
				time.Sleep(slowness)
				for event != nil {
					event, _ = b.c.PollForEvent()
				}
			}
			b.paint()
		}
	}
}

func (b *box) place(r image.Rectangle) {
	_ = xproto.ConfigureWindowChecked(b.c, b.id,
		xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowWidth|xproto.ConfigWindowHeight|xproto.ConfigWindowStackMode,
		[]uint32{uint32(int32(r.Min.X)), uint32(int32(r.Min.Y)), uint32(r.Dx()), uint32(r.Dy()), xproto.StackModeAbove}).Check()
}

func (b *box) show(shown bool) {
	if shown {
		_ = xproto.MapWindowChecked(b.c, b.id).Check()
	} else {
		_ = xproto.UnmapWindowChecked(b.c, b.id).Check()
	}
}

func (p *painter) warp(x, y int) {
	xproto.WarpPointer(p.c, 0, p.root, 0, 0, 0, 0, int16(x), int16(y))
}

// strangers counts the pixels that have none of the colours.
func strangers(f *capture.Frame, colours ...uint32) (n int) {
	for y := range f.Height {
		for x := range f.Width {
			got, known := pixel(f, x, y), false
			for _, c := range colours {
				known = known || got == rgb(c)
			}
			if !known {
				n++
			}
		}
	}
	return n
}

// TestAWindowAloneLeaksNoOther moves, sizes, hides and raises another window
// over one that is shown alone, which itself is moved, sized and hidden, and
// looks at every pixel of every frame meanwhile.
func TestAWindowAloneLeaksNoOther(t *testing.T) {
	d := capturetest.Display(t, 640, 480)
	p := newPainter(t, d.Name())
	p.fill(image.Rect(0, 0, 640, 480), blue)
	shown := newBox(t, d.Name(), "shown", image.Rect(100, 100, 300, 250), green)
	shown.slow.Store(true)
	other := newBox(t, d.Name(), "other", image.Rect(150, 120, 250, 220), red)
	other.place(image.Rect(150, 120, 250, 220))
	s, _ := openView(t, d.Name(), capture.Area{Window: strconv.Itoa(int(shown.id))})
	enough, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; !isClosed(enough); i = (i + 1) % 150 {
			other.place(image.Rect(40+i, 60+i, 240+i, 180+i))
			switch i % 5 {
			case 0:
				shown.place(image.Rect(100+i, 90, 290+2*i, 240+i))
				other.place(image.Rect(0, 0, 640, 480))
			case 1:
				other.show(i%2 == 0)
			case 2:
				other.show(true)
			case 3:
				shown.show(i%2 == 0)
			case 4:
				shown.show(true)
			}
		}
		shown.show(true)
		shown.place(image.Rect(50, 60, 201, 161))
		other.show(true)
		other.place(image.Rect(0, 0, 640, 480))
	}()
	frames := 0
	awaitFrame(t, s, "all of the window at its last size, in its colour", func(f *capture.Frame) bool {
		if frames++; frames == 40 {
			close(enough)
		}
		if n := strangers(f, green, black); n > 0 {
			t.Fatalf("frame %d of %d×%d has %d pixels of others", frames, f.Width, f.Height, n)
		}
		return isClosed(done) && f.Width == 151 && f.Height == 101 && strangers(f, green) == 0
	})
	// What changes beneath the other window is seen.
	shown.colour.Store(0x778899)
	shown.paint()
	awaitFrame(t, s, "the window's new colour", func(f *capture.Frame) bool { return strangers(f, 0x778899) == 0 })
	// What goes away leaves black.
	shown.show(false)
	awaitFrame(t, s, "black", func(f *capture.Frame) bool {
		return f.Width == 151 && strangers(f, black) == 0
	})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// paint draws it, be it asked for or not: what is hidden is not exposed.
func (b *box) paint() {
	xproto.ChangeGC(b.c, b.gc, xproto.GcForeground, []uint32{b.colour.Load()})
	xproto.PolyFillRectangle(b.c, xproto.Drawable(b.id), b.gc, []xproto.Rectangle{{Width: 4000, Height: 4000}})
}

// TestAProcessIsShownWithItsChildren shows a shell's child, and nothing of
// this process, whose windows lie above and below.
func TestAProcessIsShownWithItsChildren(t *testing.T) {
	d := capturetest.Display(t, 640, 480)
	newBox(t, d.Name(), "below", image.Rect(0, 0, 640, 480), red)
	cmd := capturetest.Command(t, d.Env(), "sh", "-c", "xterm -bg '#11cc22' -fg '#11cc22' -cr '#11cc22' -b 0 -bw 0 +sb -geometry 20x5+100+100 & wait")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	s, v := openView(t, d.Name(), capture.Area{Processes: []int{cmd.Process.Pid}})
	awaitFrame(t, s, "the terminal", func(f *capture.Frame) bool {
		if n := strangers(f, green, black); n > 0 {
			t.Fatalf("%d pixels of others", n)
		}
		return pixel(f, 110, 110) == rgb(green)
	})
	above := newBox(t, d.Name(), "above", image.Rect(90, 90, 140, 140), blue)
	above.place(image.Rect(90, 90, 140, 140))
	awaitWindow(t, d.Name(), "above")
	f, err := s.Snap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Release()
	if f.Width != 640 || f.Height != 480 {
		t.Errorf("the picture has %d×%d, want that of the display", f.Width, f.Height)
	}
	if got := pixel(f, 110, 110); got != rgb(green) {
		t.Errorf("beneath another window: %v", got)
	}
	for _, at := range []image.Point{{95, 95}, {5, 5}, {600, 400}} {
		if got := pixel(f, at.X, at.Y); got != (color.RGBA{A: 255}) {
			t.Errorf("at %v, beside the terminal: %v", at, got)
		}
	}
	if shown := v.Shown(); shown.Has(image.Pt(5, 5)) || !shown.Has(image.Pt(110, 110)) {
		t.Errorf("shown: %+v", shown)
	}
}

// awaitWindow waits until a window of that title is listed.
func awaitWindow(t *testing.T, display, title string) {
	t.Helper()
	for {
		list, err := x11.Windows(t.Context(), display)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range list {
			if w.Title == title && w.PID > 0 {
				return
			}
		}
	}
}
