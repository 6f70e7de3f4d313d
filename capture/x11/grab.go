package x11

import (
	"errors"
	"image"
	"io"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
)

// maxRects is how many rectangles of damage a frame lists. Beyond that their
// bounds say as much and cost an encoder less.
const maxRects = 32

// grab captures the picture, or returns nil when nothing has changed and a
// still picture is not wanted.
func (s *source) grab(still bool) (*capture.Frame, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.d.watch()()
	for attempt := 0; ; attempt++ {
		f, err := s.tryGrab(still)
		// The screen shrank under the capture: the server rejects a read
		// beyond its edge. The event that tells may be still to come.
		if _, refused := errors.AsType[xgb.Error](err); refused && attempt < 3 {
			s.resized.Store(true)
			continue
		}
		return f, err
	}
}

func (s *source) tryGrab(still bool) (*capture.Frame, error) {
	whole := s.resized.Swap(false)
	if whole {
		if err := s.fit(); err != nil {
			return nil, err
		}
	}
	if s.pix == nil { // Close came first
		return nil, io.ErrClosedPipe
	}
	if err := s.takeDamage(); err != nil {
		return nil, err
	}
	var bounds image.Rectangle
	for _, r := range s.rects {
		bounds = bounds.Union(r)
	}
	if len(s.rects) > maxRects {
		s.rects = append(s.rects[:0], bounds)
	}
	if whole {
		bounds = image.Rect(0, 0, s.pix.width, s.pix.height)
	} else if bounds.Empty() && !still {
		return nil, nil
	}
	f := s.frame()
	if !whole {
		f.Damage = s.rects
	}
	if err := s.read(bounds); err != nil {
		s.pix.leave()
		return nil, err
	}
	return f, nil
}

// read copies what bounds spans of the picture.
func (s *source) read(bounds image.Rectangle) error {
	if s.layers != nil {
		s.layers.compose(s.pix, s.shown.Picture.Min, bounds.Add(s.shown.Picture.Min))
		return nil
	}
	return s.pix.read(s.d, xproto.Drawable(s.d.root), s.shown.Picture.Min, bounds.Min.Y, bounds.Max.Y)
}

// fit finds out what there is to show, and makes room for it.
func (s *source) fit() error {
	area := s.view.Area()
	if err := s.follow(area.Masked()); err != nil {
		return err
	}
	shown, err := s.d.resolve(area, s.shown.Picture.Size())
	if err != nil {
		return err
	}
	select {
	case <-s.closed:
		return io.ErrClosedPipe
	default:
	}
	if err := s.mask(shown); err != nil {
		return err
	}
	if shown.Missing != s.shown.Missing && shown.Missing != "" {
		s.log.Warn("not everything that was chosen can be shown", "area", area.String(), "why", shown.Missing)
	}
	s.shown = shown
	s.view.Show(shown)
	s.cursors.poke()
	width, height := shown.Picture.Dx(), shown.Picture.Dy()
	if s.pix != nil {
		if s.pix.width == width && s.pix.height == height {
			return nil
		}
		s.pix.release(s.d)
	}
	var notShared error
	if s.pix, notShared = newPixels(s.d, width, height); notShared != nil {
		s.log.Warn("no memory shared with the X server; every frame comes through the socket", "err", notShared)
	}
	s.log.Info("capturing", "display", s.d.name, "area", area.String(), "width", width, "height", height)
	return nil
}

// follow has the server tell of all windows, or of the root alone.
func (s *source) follow(windows bool) error {
	if windows == s.follows {
		return nil
	}
	mask := uint32(xproto.EventMaskStructureNotify)
	if windows {
		mask |= xproto.EventMaskSubstructureNotify
	}
	s.follows = windows
	return xproto.ChangeWindowAttributesChecked(s.d.x, s.d.root, xproto.CwEventMask, []uint32{mask}).Check()
}

// takeMapped returns the windows that were mapped since the last call.
func (s *source) takeMapped() map[xproto.Window]bool {
	s.mapping.Lock()
	defer s.mapping.Unlock()
	mapped := s.mapped
	s.mapped = nil
	return mapped
}

// mask readies the layers of a masked picture, and gives them up for another.
func (s *source) mask(shown capture.Shown) error {
	if !shown.Masked {
		if s.layers != nil {
			s.layers.arrange(nil, nil)
			s.layers = nil
		}
		return nil
	}
	if s.layers == nil {
		if err := s.d.useComposite(); err != nil {
			return err
		}
		s.layers = &layers{d: s.d, awake: func() { poke(s.dirty) }}
	}
	s.layers.arrange(shown.Windows, s.takeMapped())
	return nil
}

// takeDamage moves the damage since the last call from the server to s.rects.
func (s *source) takeDamage() error {
	s.rects = s.rects[:0]
	origin := s.shown.Picture.Min
	picture := image.Rect(0, 0, s.pix.width, s.pix.height)
	note := func(r image.Rectangle) {
		if r = r.Sub(origin).Intersect(picture); !r.Empty() {
			s.rects = append(s.rects, r)
		}
	}
	if s.layers != nil {
		changed, err := s.layers.read(s.region)
		for _, r := range changed {
			note(r)
		}
		return err
	}
	damage.Subtract(s.d.x, s.damage, 0, s.region)
	r, err := xfixes.FetchRegion(s.d.x, s.region).Reply()
	if err != nil {
		return err
	}
	for _, r := range r.Rectangles {
		x, y := int(r.X), int(r.Y)
		note(image.Rect(x, y, x+int(r.Width), y+int(r.Height)))
	}
	return nil
}

// frame makes the pixels a frame of this moment, which uses them.
func (s *source) frame() *capture.Frame {
	p := s.pix
	p.users.Add(1)
	return &capture.Frame{
		Width: p.width, Height: p.height, Format: capture.BGRA,
		Plane: [3][]byte{p.mem}, Stride: [3]int{p.stride()},
		Time: capture.Now(), Changed: time.Duration(s.changed.Load()),
		Free: func() {
			p.leave()
			poke(s.idle)
		},
	}
}
