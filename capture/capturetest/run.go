package capturetest

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

// Options says what a backend is expected to do.
type Options struct {
	// Capture is passed to the backend.
	Capture capture.Options
	// Width and Height are what the first frame must have.
	Width, Height int
	// Change changes the picture. Nil means that it changes by itself.
	Change func()
	// Kill ends the display server. Nil means that there is none. It is
	// called last.
	Kill func()
	// Patience bounds every wait. Zero means 20 s, for a busy machine.
	Patience time.Duration
}

// suite is one run.
type suite struct {
	Options
	b capture.Backend
}

// Run checks that b keeps the contract of [capture.Backend] and
// [capture.Source].
func Run(t *testing.T, b capture.Backend, o Options) {
	t.Helper()
	if o.Patience == 0 {
		o.Patience = 20 * time.Second
	}
	if o.Change == nil {
		o.Change = func() {}
	}
	s := suite{o, b}
	t.Run("probe leaves nothing behind", s.probe)
	t.Run("frames are whole and in order", s.frames)
	t.Run("snap does not wait for a change", s.snap)
	t.Run("a frame outstanding holds back the next", s.outstanding)
	t.Run("next ends with its context", s.cancel)
	t.Run("close ends next", s.close)
	t.Run("nothing is left after close", s.leaks)
	if o.Kill != nil {
		t.Run("the server's death is told", s.lost)
	}
}

// open opens a source that is closed at the end of the test.
func (s suite) open(t *testing.T) capture.Source {
	t.Helper()
	src, err := s.b.Open(t.Context(), s.Capture)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return src
}

// next waits for a frame.
func (s suite) next(t *testing.T, src capture.Source) *capture.Frame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), s.Patience)
	defer cancel()
	f, err := src.Next(ctx)
	if err != nil {
		t.Fatalf("Next = %v", err)
	}
	return f
}

func (s suite) probe(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		if err := s.b.Probe(t.Context(), s.Capture); err != nil {
			t.Fatal(err)
		}
	}
	s.awaitGoroutines(t, before)
}

func (s suite) frames(t *testing.T) {
	src := s.open(t)
	last := time.Duration(-1)
	for i := range 5 {
		// The first comes at once.
		if i > 0 {
			s.Change()
		}
		f := s.next(t, src)
		s.check(t, f)
		if f.Time <= last || f.Time > capture.Now() {
			t.Errorf("frame %d was captured at %v, the one before at %v", i, f.Time, last)
		}
		last = f.Time
		f.Release()
		f.Release() // does nothing
	}
}

// check looks at one frame's shape.
func (s suite) check(t *testing.T, f *capture.Frame) {
	t.Helper()
	if f.Width != s.Width || f.Height != s.Height {
		t.Errorf("size = %d×%d, want %d×%d", f.Width, f.Height, s.Width, s.Height)
	}
	widths, heights := [3]int{4 * f.Width}, [3]int{f.Height}
	half := [2]int{(f.Width + 1) / 2, (f.Height + 1) / 2}
	switch f.Format {
	case capture.BGRA, capture.RGBA:
	case capture.I420:
		widths, heights = [3]int{f.Width, half[0], half[0]}, [3]int{f.Height, half[1], half[1]}
	case capture.NV12:
		widths, heights = [3]int{f.Width, 2 * half[0]}, [3]int{f.Height, half[1]}
	default:
		t.Errorf("format = %v", f.Format)
	}
	for i := range 3 {
		if f.Stride[i] < widths[i] || len(f.Plane[i]) < f.Stride[i]*(heights[i]-1)+widths[i] {
			t.Errorf("plane %d has %d bytes at a stride of %d, want %d rows of %d",
				i, len(f.Plane[i]), f.Stride[i], heights[i], widths[i])
		}
	}
	for _, r := range f.Damage {
		if r.Empty() || r.Min.X < 0 || r.Min.Y < 0 || r.Max.X > f.Width || r.Max.Y > f.Height {
			t.Errorf("damage %v is not within %d×%d", r, f.Width, f.Height)
		}
	}
}

func (s suite) snap(t *testing.T) {
	src := s.open(t)
	first := s.next(t, src)
	picture := bytes.Clone(first.Plane[0])
	first.Release()
	last := first.Time
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), s.Patience)
		f, err := src.Snap(ctx)
		cancel()
		if err != nil {
			t.Fatalf("Snap = %v", err)
		}
		s.check(t, f)
		if f.Time <= last {
			t.Errorf("snapped at %v, after a frame of %v", f.Time, last)
		}
		if s.Kill != nil && !bytes.Equal(f.Plane[0], picture) {
			t.Error("a still display snaps to another picture")
		}
		last = f.Time
		f.Release()
	}
}

func (s suite) outstanding(t *testing.T) {
	src := s.open(t)
	f := s.next(t, src)
	s.Change()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if g, err := src.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Next beside an outstanding frame = %v, %v; want it to wait", g, err)
	}
	f.Release()
	s.next(t, src).Release()
}

func (s suite) cancel(t *testing.T) {
	src := s.open(t)
	s.next(t, src).Release()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := src.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next = %v, want context.Canceled", err)
	}
	// The source is good for more.
	s.Change()
	s.next(t, src).Release()
}

func (s suite) close(t *testing.T) {
	src := s.open(t)
	ended := make(chan error, 1)
	go func() {
		for {
			f, err := src.Next(t.Context())
			if err != nil {
				ended <- err
				return
			}
			f.Release()
		}
	}()
	if err := src.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	select {
	case err := <-ended:
		if errors.Is(err, capture.ErrLost) {
			t.Errorf("Next after Close = %v, which says that the server died", err)
		}
	case <-time.After(s.Patience):
		t.Fatal("Next outlives Close")
	}
	if err := src.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
	if f, err := src.Next(t.Context()); err == nil {
		t.Errorf("Next of a closed source = %v", f)
	}
}

func (s suite) leaks(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		src, err := s.b.Open(t.Context(), s.Capture)
		if err != nil {
			t.Fatal(err)
		}
		s.next(t, src).Release()
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s.awaitGoroutines(t, before)
}

func (s suite) lost(t *testing.T) {
	src := s.open(t)
	s.next(t, src).Release()
	s.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), s.Patience)
	defer cancel()
	for {
		f, err := src.Next(ctx)
		if err == nil {
			f.Release()
			continue
		}
		if !errors.Is(err, capture.ErrLost) {
			t.Errorf("Next = %v, want capture.ErrLost", err)
		}
		break
	}
	if err := s.b.Probe(t.Context(), s.Capture); err == nil {
		t.Error("Probe finds a dead server good")
	}
	if src, err := s.b.Open(t.Context(), s.Capture); err == nil {
		src.Close()
		t.Error("Open opens a dead server")
	}
}

// awaitGoroutines waits until there are no more goroutines than before.
func (s suite) awaitGoroutines(t *testing.T, before int) {
	t.Helper()
	for deadline := time.Now().Add(s.Patience); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
