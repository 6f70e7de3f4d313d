package streams_test

import (
	"image"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/streams"
)

// sizedDisplay is a display that notes its sizes.
type sizedDisplay struct {
	mu    sync.Mutex
	sizes [][2]int
}

func (s *sizedDisplay) resize(w, h int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sizes = append(s.sizes, [2]int{w, h})
	return nil
}

func (s *sizedDisplay) last() (size [2]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.sizes); n > 0 {
		size = s.sizes[n-1]
	}
	return size
}

type noInjector struct{}

func (noInjector) Inject(input.Event) error { return nil }
func (noInjector) Close() error             { return nil }

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen")
		}
	}
}

func joinAs(t *testing.T, s *streams.Stream, id string, level input.Level) *streams.Viewer {
	t.Helper()
	v, err := s.Join(id, level, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func TestDisplayFollowsWhoeverMayAndAsks(t *testing.T) {
	d := &sizedDisplay{}
	s := newStream(t, streams.Options{Injector: noInjector{}, Level: input.All, Resize: d.resize})
	watcher, user := joinAs(t, s, "watcher", input.None), joinAs(t, s, "user", input.All)
	watcher.Fit(640, 480)
	user.Viewed(640, 480)
	user.Fit(800, -1)
	if got := d.last(); got != [2]int{} {
		t.Errorf("the display went to %v", got)
	}
	user.Fit(1000, 700)
	eventually(t, func() bool { return d.last() == [2]int{1000, 700} })
	watcher.Close()
	user.Fit(1001, 701)
	eventually(t, func() bool { return d.last() == [2]int{1001, 701} })
	user.Close()
	eventually(t, func() bool { return d.last() == [2]int{} })
}

func TestStrategiesSizeTheDisplay(t *testing.T) {
	d := &sizedDisplay{}
	s := newStream(t, streams.Options{
		Injector: noInjector{}, Level: input.All, Resize: d.resize,
		Resolution: streams.Resolution{Strategy: streams.Constant, Width: 1024, Height: 768},
	})
	v := joinAs(t, s, "a", input.All)
	eventually(t, func() bool { return d.last() == [2]int{1024, 768} })
	v.Close()
	eventually(t, func() bool { return d.last() == [2]int{} })

	s = newStream(t, streams.Options{
		Injector: noInjector{}, Level: input.All, Resize: d.resize, Resolution: streams.Resolution{Strategy: streams.FindBestFit},
	})
	joinAs(t, s, "a", input.All).Viewed(900, 600)
	eventually(t, func() bool { return d.last() == [2]int{900, 600} })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := d.last(); got != [2]int{} {
		t.Errorf("after the stream the display has %v", got)
	}
}

func TestMonitorsAreChosenByThoseWhoMay(t *testing.T) {
	view := capture.NewView(capture.Area{})
	view.Show(capture.Shown{Display: image.Pt(4, 2), Monitors: []capture.Monitor{{Name: "L"}, {Name: "R"}}})
	s := newStream(t, streams.Options{Injector: noInjector{}, Level: input.All, View: view})
	user, watcher := joinAs(t, s, "user", input.All), joinAs(t, s, "watcher", input.None)
	if err := watcher.ShowMonitor("R"); err == nil {
		t.Error("one who watches only has chosen")
	}
	if err := user.ShowMonitor("X"); err == nil {
		t.Error("there is no monitor X")
	}
	for _, name := range []string{"R", ""} {
		if err := user.ShowMonitor(name); err != nil || view.Area().Monitor != name {
			t.Errorf("%q: %v, %v", name, view.Area(), err)
		}
	}
	var seen []string
	stop := s.WatchMonitors(func(shown capture.Shown) { seen = append(seen, shown.Monitor) })
	view.Show(capture.Shown{Monitor: "R"})
	stop()
	if !slices.Equal(seen, []string{"", "R"}) {
		t.Errorf("seen %q", seen)
	}
	fixed := newStream(t, streams.Options{Injector: noInjector{}, Level: input.All})
	if fixed.WatchMonitors(nil) != nil || joinAs(t, fixed, "user", input.All).ShowMonitor("R") == nil {
		t.Error("there is nothing to choose from")
	}
}
