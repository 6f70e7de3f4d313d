package streams

import (
	"errors"
	"fmt"
	"sync"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/input"
)

// Resizable is true when the display can follow a viewer's size.
func (s *Stream) Resizable() bool { return s.o.Resize != nil }

// WatchMonitors has f called with what the picture shows of the display, now
// and after each change, until stop is called. It is nil when viewers may not
// choose a monitor. f must not block.
func (s *Stream) WatchMonitors(f func(capture.Shown)) (stop func()) {
	if s.o.View == nil {
		return nil
	}
	return s.o.View.Watch(f)
}

// ShowMonitor has the monitor of that name shown to all viewers, or with "" all
// monitors, if the viewer may use the mouse.
func (v *Viewer) ShowMonitor(name string) error {
	view := v.stream.o.View
	if view == nil || !v.Level().Has(input.Mouse) {
		return errors.New("streams: the viewer may not choose a monitor")
	}
	if name != "" {
		if _, err := capture.FindMonitor(view.Shown().Monitors, name); err != nil {
			return fmt.Errorf("streams: %w", err)
		}
	}
	view.Choose(capture.Area{Monitor: name})
	return nil
}

// Viewed says how large the viewer's picture could be, in pixels of its
// display. With [FindBestFit] the display follows.
func (v *Viewer) Viewed(width, height int) {
	if v.stream.o.Resolution.Strategy == FindBestFit {
		v.Fit(width, height)
	}
}

// Fit gives the display the viewer's size, if the viewer may use the mouse, or
// with zeros the size that it had before. The last viewer to ask is followed;
// when it leaves, the display gets its old size back.
func (v *Viewer) Fit(width, height int) {
	if v.Level().Has(input.Mouse) {
		v.stream.fit.to(v.id, width, height)
	}
}

func (s *Stream) fitToConstant() {
	if r := s.o.Resolution; r.Strategy == Constant {
		s.fit.to("", r.Width, r.Height)
	}
}

// fitter changes the size of a display. A change takes a while; of those that
// are asked for meanwhile the last is made.
type fitter struct {
	resize func(width, height int) error

	mu      sync.Mutex
	viewer  string // that is followed; "" for a constant size
	want    [2]int // zero for the display's own
	have    [2]int
	working bool
	work    sync.WaitGroup
}

func (f *fitter) to(viewer string, width, height int) {
	if f.resize == nil || width < 0 || height < 0 || (width == 0) != (height == 0) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.viewer, f.want = viewer, [2]int{width, height}
	if !f.working && f.want != f.have {
		f.working = true
		f.work.Go(f.run)
	}
}

// left gives the display its own size back when the viewer that it followed
// has left, or with the last viewer.
func (f *fitter) left(viewer string, last bool) {
	f.mu.Lock()
	followed := f.viewer == viewer || last
	f.mu.Unlock()
	if followed {
		f.to("", 0, 0)
	}
}

func (f *fitter) run() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.want != f.have {
		want := f.want
		f.mu.Unlock()
		// Who resizes logs why it fails; the next wish is another attempt.
		_ = f.resize(want[0], want[1])
		f.mu.Lock()
		f.have = want
	}
	f.working = false
}

func (f *fitter) wait() { f.work.Wait() }
