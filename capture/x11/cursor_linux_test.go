package x11_test

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
)

// pointer is what WatchCursor last told.
type pointer struct {
	mu     sync.Mutex
	last   capture.Cursor
	shapes []*capture.CursorShape
}

func (p *pointer) tell(c capture.Cursor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = c
	if c.Shape != nil {
		p.shapes = append(p.shapes, c.Shape)
	}
}

// await waits until the state is as ok wants it.
func (p *pointer) await(t *testing.T, what string, ok func(last capture.Cursor, shapes []*capture.CursorShape) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		p.mu.Lock()
		last, shapes := p.last, p.shapes
		p.mu.Unlock()
		if ok(last, shapes) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s; the pointer is %+v", what, last)
		}
	}
}

// setPointer gives the root window a pointer of one colour, hot at its
// middle; opaque is false for one that cannot be seen.
func (p *painter) setPointer(t *testing.T, side uint16, opaque bool) {
	t.Helper()
	source, mask, shape := p.bitmap(t, side, true), p.bitmap(t, side, opaque), p.id(t)
	xproto.CreateCursor(p.c, xproto.Cursor(shape), source, mask, 0xffff, 0, 0, 0, 0, 0, side/2, side/2)
	err := xproto.ChangeWindowAttributesChecked(p.c, p.root, xproto.CwCursor, []uint32{shape}).Check()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *painter) id(t *testing.T) uint32 {
	t.Helper()
	id, err := p.c.NewId()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (p *painter) bitmap(t *testing.T, side uint16, set bool) xproto.Pixmap {
	t.Helper()
	pixmap, gc := xproto.Pixmap(p.id(t)), xproto.Gcontext(p.id(t))
	foreground := uint32(0)
	if set {
		foreground = 1
	}
	xproto.CreatePixmap(p.c, 1, pixmap, xproto.Drawable(p.root), side, side)
	xproto.CreateGC(p.c, gc, xproto.Drawable(pixmap), xproto.GcForeground, []uint32{foreground})
	xproto.PolyFillRectangle(p.c, xproto.Drawable(pixmap), gc, []xproto.Rectangle{{Width: side, Height: side}})
	return pixmap
}

func TestCursorIsToldAndNotDrawn(t *testing.T) {
	d := capturetest.Display(t, 640, 480)
	p := newPainter(t, d.Name())
	s := open(t, d.Name())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	var seen pointer
	go func() { done <- s.(capture.CursorSource).WatchCursor(ctx, seen.tell) }()
	seen.await(t, "the first shape", func(_ capture.Cursor, shapes []*capture.CursorShape) bool { return len(shapes) == 1 })

	p.setPointer(t, 24, true)
	seen.await(t, "the new shape", func(last capture.Cursor, shapes []*capture.CursorShape) bool {
		s := shapes[len(shapes)-1]
		return last.Visible && s.Image.Bounds().Dx() == 24 && s.Hotspot.X == 12 && s.Hotspot.Y == 12
	})
	seen.mu.Lock()
	if got := seen.shapes[len(seen.shapes)-1].Image.RGBAAt(3, 3); got.R != 255 || got.G != 0 || got.A != 255 {
		t.Errorf("the red pointer is %v", got)
	}
	seen.mu.Unlock()

	next(t, s).Release()
	for _, at := range [][2]int16{{100, 50}, {639, 479}, {320, 240}} {
		xproto.WarpPointer(p.c, 0, p.root, 0, 0, 0, 0, at[0], at[1])
		seen.await(t, "the position", func(last capture.Cursor, _ []*capture.CursorShape) bool {
			return last.X == int(at[0]) && last.Y == int(at[1])
		})
	}
	f, err := s.Snap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c := pixel(f, 320, 240); c.R == 255 && c.G == 0 {
		t.Error("the picture contains the pointer")
	}
	f.Release()

	p.setPointer(t, 16, false)
	seen.await(t, "the pointer to hide", func(last capture.Cursor, _ []*capture.CursorShape) bool { return !last.Visible })

	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("WatchCursor = %v, want context.Canceled", err)
	}
}

func TestWatchCursorEndsWithItsServer(t *testing.T) {
	d := capturetest.Display(t, 320, 200)
	s := open(t, d.Name())
	done := make(chan error, 1)
	go func() { done <- s.(capture.CursorSource).WatchCursor(t.Context(), func(capture.Cursor) {}) }()
	if err := syscall.Kill(d.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if !errors.Is(err, capture.ErrLost) {
			t.Errorf("WatchCursor = %v, want capture.ErrLost", err)
		}
	case <-time.After(patience):
		t.Fatal("WatchCursor outlives the X server")
	}
}
