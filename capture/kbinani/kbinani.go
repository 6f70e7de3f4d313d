package kbinani

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net"
	"sync"
	"time"

	"github.com/kbinani/screenshot"

	"github.com/causeway-rtc/causeway/capture"
)

// Backend captures the first monitor by polling, at the rate of its options.
var Backend = capture.Backend{Name: "kbinani", Probe: probe, Open: open}

func probe(_ context.Context, o capture.Options) error {
	if err := checkDisplay(o.Display); err != nil {
		return fmt.Errorf("kbinani: %w", err)
	}
	_, err := shoot()
	return err
}

// shoot takes one picture.
func shoot() (*image.RGBA, error) {
	if screenshot.NumActiveDisplays() == 0 {
		return nil, errors.New("kbinani: no monitor found; is a desktop running, and may this program record it?")
	}
	img, err := screenshot.CaptureDisplay(0)
	if err != nil {
		return nil, fmt.Errorf("kbinani: %w", err)
	}
	if img.Rect.Empty() {
		return nil, errors.New("kbinani: the monitor has no size")
	}
	return img, nil
}

// source implements [capture.Source].
type source struct {
	period time.Duration
	taken  time.Duration // when the last picture was
	last   *image.RGBA
	frame  capture.Frame // what is handed out is a copy
	idle   chan struct{} // holds a token while no frame is handed out

	closing sync.Once
	closed  chan struct{}
}

func open(ctx context.Context, o capture.Options) (capture.Source, error) {
	if err := probe(ctx, o); err != nil {
		return nil, err
	}
	if o.FPS <= 0 {
		o.FPS = 60
	}
	s := &source{
		period: time.Second / time.Duration(o.FPS),
		idle:   make(chan struct{}, 1), closed: make(chan struct{}),
	}
	s.taken = capture.Now() - s.period
	s.idle <- struct{}{}
	return s, nil
}

// Next implements [capture.Source].
func (s *source) Next(ctx context.Context) (*capture.Frame, error) {
	return s.capture(ctx, s.period, false)
}

// Snap implements [capture.Source].
func (s *source) Snap(ctx context.Context) (*capture.Frame, error) {
	return s.capture(ctx, 0, true)
}

// capture takes a picture every period until one is worth handing out.
func (s *source) capture(ctx context.Context, period time.Duration, still bool) (*capture.Frame, error) {
	if err := s.wait(ctx, s.idle, nil); err != nil {
		return nil, err
	}
	timer := time.NewTimer(s.taken + period - capture.Now())
	defer timer.Stop()
	for {
		if err := s.wait(ctx, nil, timer.C); err != nil {
			s.idle <- struct{}{}
			return nil, err
		}
		s.taken = capture.Now()
		img, err := shoot()
		if err != nil {
			s.idle <- struct{}{}
			// It worked before, and the library does not say what broke.
			return nil, errors.Join(err, capture.ErrLost)
		}
		damage := difference(s.last, img)
		if still || !damage.Empty() {
			return s.hand(img, damage, still), nil
		}
		timer.Reset(s.taken + s.period - capture.Now())
	}
}

// wait takes from token or tick, one of which is nil, or says why there is
// nothing to wait for.
func (s *source) wait(ctx context.Context, token <-chan struct{}, tick <-chan time.Time) error {
	// With something to take and an end both at hand, the end wins.
	select {
	case <-s.closed:
		return fmt.Errorf("kbinani: %w", net.ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	select {
	case <-token:
		return nil
	case <-tick:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return fmt.Errorf("kbinani: %w", net.ErrClosed)
	}
}

// hand makes a picture a frame.
func (s *source) hand(img *image.RGBA, damage image.Rectangle, still bool) *capture.Frame {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	f := &s.frame
	whole := f.Width != w || f.Height != h
	if whole {
		*f = capture.Frame{
			Width: w, Height: h, Format: capture.BGRA,
			Plane: [3][]byte{make([]byte, 4*w*h)}, Stride: [3]int{4 * w},
		}
		damage = image.Rect(0, 0, w, h)
	}
	for y := damage.Min.Y; y < damage.Max.Y; y++ {
		toBGRA(f.Plane[0][y*f.Stride[0]:][:4*w], img.Pix[y*img.Stride:][:4*w])
	}
	s.last = img
	out := *f
	out.Time = s.taken
	if !whole && !still {
		out.Damage = []image.Rectangle{damage}
	}
	out.Free = func() { s.idle <- struct{}{} }
	return &out
}

// Close implements [capture.Source].
func (s *source) Close() error {
	s.closing.Do(func() { close(s.closed) })
	return nil
}
