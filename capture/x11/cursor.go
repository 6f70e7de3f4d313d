package x11

import (
	"context"
	"image"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
)

// The position is asked for every moving while the pointer moves, and every
// resting once it has not moved for restAfter.
const (
	moving    = time.Second / 60
	resting   = time.Second / 4
	restAfter = time.Second
)

// watchers are the running WatchCursor calls, as the event pump sees them.
type watchers struct {
	mu sync.Mutex
	// wake holds a channel with room for one token per call.
	wake map[chan struct{}]bool
	// shapes counts the changes of shape.
	shapes atomic.Uint64
}

func (w *watchers) add() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wake == nil {
		w.wake = map[chan struct{}]bool{}
	}
	c := make(chan struct{}, 1)
	w.wake[c] = true
	return c
}

func (w *watchers) remove(c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.wake, c)
}

func (w *watchers) poke() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.wake {
		poke(c)
	}
}

// shaped notes that the shape has changed.
func (w *watchers) shaped() {
	w.shapes.Add(1)
	w.poke()
}

// WatchCursor implements [capture.CursorSource]. Several calls may run at
// once, beside Next.
func (s *source) WatchCursor(ctx context.Context, f func(capture.Cursor)) error {
	wake := s.cursors.add()
	defer s.cursors.remove(wake)
	var (
		look   = look{shapes: s.cursors.shapes.Load() - 1}
		moved  = time.Now()
		timer  = time.NewTimer(0)
		polled time.Time
	)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closed:
			return s.explain(nil)
		case <-s.gone:
			return s.explain(nil)
		case <-wake:
			// Drawing without end must not become asking without end.
			if early := moving - time.Since(polled); early > 0 {
				timer.Reset(early)
				continue
			}
		case <-timer.C:
		}
		polled = time.Now()
		changed, err := s.look(&look)
		if err != nil {
			return s.explain(err)
		}
		if changed {
			moved = polled
			f(look.cursor)
		}
		if polled.Sub(moved) < restAfter {
			timer.Reset(moving)
		} else {
			timer.Reset(resting)
		}
	}
}

// look is what a watcher knows.
type look struct {
	cursor capture.Cursor
	shapes uint64 // of watchers, when the shape was read
	drawn  bool   // the shape has a pixel to see
}

// look brings l up to date and reports whether that changed anything.
func (s *source) look(l *look) (bool, error) {
	defer s.d.watch()()
	was := l.cursor
	l.cursor.Shape = nil
	if n := s.cursors.shapes.Load(); n != l.shapes {
		r, err := xfixes.GetCursorImage(s.d.x).Reply()
		if err != nil {
			return false, err
		}
		l.shapes = n
		l.cursor.Shape, l.drawn = readShape(r)
	}
	p, err := xproto.QueryPointer(s.d.x, s.d.root).Reply()
	if err != nil {
		return false, err
	}
	at, shown := image.Pt(int(p.RootX), int(p.RootY)), s.view.Shown()
	l.cursor.X, l.cursor.Y = at.X-shown.Picture.Min.X, at.Y-shown.Picture.Min.Y
	l.cursor.Visible = l.drawn && p.SameScreen && shown.Has(at)
	was.Shape = nil
	return l.cursor != was, nil
}

// readShape converts the server's premultiplied ARGB, and reports whether
// there is anything to see.
func readShape(r *xfixes.GetCursorImageReply) (shape *capture.CursorShape, drawn bool) {
	img := image.NewRGBA(image.Rect(0, 0, int(r.Width), int(r.Height)))
	for i, argb := range r.CursorImage[:min(len(r.CursorImage), len(img.Pix)/4)] {
		p := img.Pix[4*i : 4*i+4]
		p[0], p[1], p[2], p[3] = byte(argb>>16), byte(argb>>8), byte(argb), byte(argb>>24)
		drawn = drawn || p[3] != 0
	}
	return &capture.CursorShape{Image: img, Hotspot: image.Pt(int(r.Xhot), int(r.Yhot))}, drawn
}
