package x11

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
)

// source captures one display. It implements [capture.Source] and
// [capture.CursorSource].
type source struct {
	d   *display
	log *slog.Logger
	// view says what to show; unview stops it from telling.
	view   *capture.View
	unview func()

	damage damage.Damage
	region xfixes.Region // what the damage is moved to

	// dirty holds a token when there may be something to capture; resized is
	// set when something else may have to be shown than before.
	dirty   chan struct{}
	resized atomic.Bool
	// changed is when the last damage was told of, on the clock of capture.Now.
	changed atomic.Int64
	// idle holds a token while no frame is handed out.
	idle chan struct{}
	// gone is closed once the connection is dead, closed by Close.
	gone, closed chan struct{}
	closing      sync.Once
	pump         sync.WaitGroup

	// mu is held during a capture, so that Close does not unmap under it.
	mu     sync.Mutex
	pix    *pixels
	rects  []image.Rectangle
	shown  capture.Shown
	layers *layers // of a masked picture, else nil
	// follows is true while the server tells of all windows; mapped are those
	// that have appeared since they were last arranged.
	follows bool
	mapping sync.Mutex
	mapped  map[xproto.Window]bool

	cursors watchers
}

// newSource readies d for capture and starts to take its events. It owns d
// when there is no error.
func newSource(ctx context.Context, d *display, o capture.Options) (*source, error) {
	log, view := o.Log, o.View
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if view == nil {
		view = capture.NewView(capture.Area{})
	}
	s := &source{
		d: d, log: log, view: view, rects: make([]image.Rectangle, 0, maxRects),
		dirty: make(chan struct{}, 1), idle: make(chan struct{}, 1),
		gone: make(chan struct{}), closed: make(chan struct{}),
	}
	defer d.bound(ctx)()
	if err := d.usable(); err != nil {
		return nil, err
	}
	if err := s.subscribe(); err != nil {
		return nil, err
	}
	s.resized.Store(true) // there is no room yet
	s.dirty <- struct{}{} // the first frame comes at once
	s.idle <- struct{}{}
	s.unview = view.Chosen(s.reshape)
	s.pump.Go(s.takeEvents)
	return s, nil
}

// subscribe asks for the events of damage, size and pointer shape.
func (s *source) subscribe() error {
	var err error
	if s.damage, err = damage.NewDamageId(s.d.x); err != nil {
		return err
	}
	if s.region, err = xfixes.NewRegionId(s.d.x); err != nil {
		return err
	}
	// A program may draw between any two requests, so the size is watched
	// before the damage, and both before the first capture.
	return errors.Join(
		xproto.ChangeWindowAttributesChecked(s.d.x, s.d.root, xproto.CwEventMask,
			[]uint32{xproto.EventMaskStructureNotify}).Check(),
		xfixes.SelectCursorInputChecked(s.d.x, s.d.root, xfixes.CursorNotifyMaskDisplayCursor).Check(),
		xfixes.CreateRegionChecked(s.d.x, s.region, nil).Check(),
		damage.CreateChecked(s.d.x, s.damage, xproto.Drawable(s.d.root), damage.ReportLevelNonEmpty).Check(),
	)
}

// takeEvents runs until the connection is dead.
func (s *source) takeEvents() {
	defer close(s.gone)
	for {
		event, err := s.d.x.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		switch e := event.(type) {
		case damage.NotifyEvent:
			s.changed.Store(int64(capture.Now()))
			poke(s.dirty)
			s.cursors.poke()
		case xproto.ConfigureNotifyEvent:
			if e.Window == s.d.root || s.view.Area().Masked() {
				s.reshape()
			}
		case xproto.MapNotifyEvent:
			s.noteMapped(e.Window)
			s.reshape()
		case xproto.UnmapNotifyEvent, xproto.DestroyNotifyEvent, xproto.ReparentNotifyEvent, xproto.CirculateNotifyEvent:
			s.reshape()
		case xfixes.CursorNotifyEvent:
			s.cursors.shaped()
		}
	}
}

func (s *source) noteMapped(w xproto.Window) {
	s.mapping.Lock()
	defer s.mapping.Unlock()
	if s.mapped == nil {
		s.mapped = map[xproto.Window]bool{}
	}
	s.mapped[w] = true
}

// reshape has the next frame show what there is to show then.
func (s *source) reshape() {
	s.resized.Store(true)
	poke(s.dirty)
}

// Next implements [capture.Source].
func (s *source) Next(ctx context.Context) (*capture.Frame, error) {
	return s.capture(ctx, s.dirty, false)
}

// Snap implements [capture.Source]. What the frame before showed is still in
// memory, so that only what has changed since is read.
func (s *source) Snap(ctx context.Context) (*capture.Frame, error) {
	return s.capture(ctx, nil, true)
}

// capture waits for the frame before to be released and for a token of cause,
// if there is one, until there is a picture to hand out.
func (s *source) capture(ctx context.Context, cause <-chan struct{}, still bool) (*capture.Frame, error) {
	if err := s.wait(ctx, s.idle); err != nil {
		return nil, err
	}
	for {
		if cause != nil {
			if err := s.wait(ctx, cause); err != nil {
				poke(s.idle)
				return nil, err
			}
		}
		f, err := s.grab(still)
		if err != nil {
			poke(s.idle)
			return nil, s.explain(err)
		}
		if f != nil {
			return f, nil
		}
	}
}

// wait takes a token, or says why there will be none.
func (s *source) wait(ctx context.Context, token <-chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-token:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return s.explain(nil)
	case <-s.gone:
		return s.explain(nil)
	}
}

// explain is the error that Next returns for err, which may be a consequence
// of something else.
func (s *source) explain(err error) error {
	select {
	case <-s.closed:
		return fmt.Errorf("x11: display %q: %w", s.d.name, net.ErrClosed)
	default:
	}
	// Requests learn of the end before the event pump does.
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("x11: display %q: %w", s.d.name, capture.ErrLost)
	}
	select {
	case <-s.gone:
		return fmt.Errorf("x11: display %q: %w", s.d.name, capture.ErrLost)
	default:
		return fmt.Errorf("x11: capture display %q: %w", s.d.name, err)
	}
}

// Close implements [capture.Source].
func (s *source) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.unview()
		s.d.cut()
		s.pump.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.layers != nil {
			s.layers.leave()
		}
		if s.pix != nil {
			s.pix.leave()
			s.pix = nil
		}
	})
	return nil
}

// poke puts a token into a channel that has room for one.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
