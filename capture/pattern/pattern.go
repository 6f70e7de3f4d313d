package pattern

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

// Backend makes the test picture, of the size and at the rate of its options.
// It is taken only when asked for by name.
var Backend = capture.Backend{Name: "pattern", ByName: true, Probe: probe, Open: open}

// maxSide bounds a picture's width and height.
const maxSide = 16384

func probe(_ context.Context, o capture.Options) error {
	if o.Width < 0 || o.Height < 0 || o.Width > maxSide || o.Height > maxSide {
		return fmt.Errorf("pattern: size %d×%d: outside of 1×1 to %d×%d", o.Width, o.Height, maxSide, maxSide)
	}
	return nil
}

// source implements [capture.Source].
type source struct {
	period time.Duration
	due    time.Duration // when the next picture is due
	frame  capture.Frame // what is handed out is a copy
	idle   chan struct{} // holds a token while no frame is handed out

	closing sync.Once
	closed  chan struct{}
}

func open(ctx context.Context, o capture.Options) (capture.Source, error) {
	if err := probe(ctx, o); err != nil {
		return nil, err
	}
	if o.Width == 0 || o.Height == 0 {
		o.Width, o.Height = 1280, 720
	}
	if o.FPS <= 0 {
		o.FPS = 60
	}
	s := &source{
		period: time.Second / time.Duration(o.FPS),
		frame: capture.Frame{
			Width: o.Width, Height: o.Height, Format: capture.BGRA,
			Plane: [3][]byte{make([]byte, 4*o.Width*o.Height)}, Stride: [3]int{4 * o.Width},
		},
		idle:   make(chan struct{}, 1),
		closed: make(chan struct{}),
	}
	s.idle <- struct{}{}
	return s, nil
}

// Next implements [capture.Source]: the picture changes at the rate of the
// options. Pictures that nobody fetched in time are left out.
func (s *source) Next(ctx context.Context) (*capture.Frame, error) {
	timer := time.NewTimer(s.due - capture.Now())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.closed:
		return nil, fmt.Errorf("pattern: %w", net.ErrClosed)
	}
	return s.Snap(ctx)
}

// Snap implements [capture.Source].
func (s *source) Snap(ctx context.Context) (*capture.Frame, error) {
	// With a token and an end both at hand, the end wins.
	if err := s.ended(ctx); err != nil {
		return nil, err
	}
	select {
	case <-s.idle:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.closed:
		return nil, s.ended(ctx)
	}
	f := s.frame
	f.Time = capture.Now()
	s.due = max(s.due+s.period, f.Time)
	if s.due > f.Time+s.period { // snapped ahead of time
		s.due = f.Time + s.period
	}
	Draw(&f, f.Time)
	f.Free = func() { s.idle <- struct{}{} }
	return &f, nil
}

// ended says why there will be no frame.
func (s *source) ended(ctx context.Context) error {
	select {
	case <-s.closed:
		return fmt.Errorf("pattern: %w", net.ErrClosed)
	default:
		return ctx.Err()
	}
}

// Close implements [capture.Source].
func (s *source) Close() error {
	s.closing.Do(func() { close(s.closed) })
	return nil
}
