package x11

import (
	"errors"
	"image"
	"io"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"

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
	if !whole && !still {
		f.Damage = s.rects
	}
	if err := s.pix.read(s.d, bounds.Min.Y, bounds.Max.Y); err != nil {
		s.pix.leave()
		return nil, err
	}
	return f, nil
}

// fit makes room for pixels of the root window's size.
func (s *source) fit() error {
	width, height, err := s.d.size()
	if err != nil {
		return err
	}
	select {
	case <-s.closed:
		return io.ErrClosedPipe
	default:
	}
	if s.pix != nil {
		if s.pix.width == width && s.pix.height == height {
			return nil
		}
		if s.pix.seg != 0 {
			shm.Detach(s.d.x, s.pix.seg)
		}
		s.pix.leave()
	}
	var notShared error
	if s.pix, notShared = newPixels(s.d, width, height); notShared != nil {
		s.log.Warn("no memory shared with the X server; every frame comes through the socket", "err", notShared)
	}
	s.log.Info("capturing", "display", s.d.name, "width", width, "height", height)
	return nil
}

// takeDamage moves the damage since the last call from the server to s.rects.
func (s *source) takeDamage() error {
	damage.Subtract(s.d.x, s.damage, 0, s.region)
	r, err := xfixes.FetchRegion(s.d.x, s.region).Reply()
	if err != nil {
		return err
	}
	s.rects = s.rects[:0]
	screen := image.Rect(0, 0, s.pix.width, s.pix.height)
	for _, r := range r.Rectangles {
		x, y := int(r.X), int(r.Y)
		if r := image.Rect(x, y, x+int(r.Width), y+int(r.Height)).Intersect(screen); !r.Empty() {
			s.rects = append(s.rects, r)
		}
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
