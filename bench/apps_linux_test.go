package bench

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"
)

// stage is a display of its own with an application, a view and a probe that
// has found the application's first picture.
type stage struct {
	app   App
	view  *View
	probe *Probe
	name  string
}

// perform opens an application on a new display.
func perform(t *testing.T, open func(display string) (App, error)) stage {
	t.Helper()
	require(t, "Xvfb")
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	display, err := startDisplay(ctx, 640, 480)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { display.Close() })
	s := stage{name: display.Name()}
	if s.app, err = open(s.name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.app.Close() })
	if s.probe, err = OpenProbe(s.name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.probe.Close() })
	if s.view, err = OpenView(s.name, 640, 480); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.view.Close() })
	if err := s.probe.Locate(ctx, FirstCode); err != nil {
		t.Fatal(err)
	}
	return s
}

// look is what the stage shows.
func (s stage) look(t *testing.T) Picture {
	t.Helper()
	p, err := s.view.Look()
	if err != nil {
		t.Fatal(err)
	}
	return p.Clone()
}

func TestPageChangesWhenItIsTurned(t *testing.T) {
	s := perform(t, func(display string) (App, error) { return OpenPage(display) })
	before := s.look(t)
	for i := range pages {
		d, err := s.app.(*Page).Turn()
		if err != nil {
			t.Fatal(err)
		}
		after := s.look(t)
		if got := after.Code(0, 0); got != CodeOf(d.Seq) || d.Seq != firstSeq+i+1 {
			t.Errorf("page %d shows the code %d", d.Seq, got)
		}
		if alike := SSIM(before, after); alike > 0.9 {
			t.Errorf("page %d is %.2f like the one before", d.Seq, alike)
		}
		before = after
	}
	if n := len(s.app.Draws()); n != pages {
		t.Errorf("%d draws", n)
	}
}

func TestAppsShowThePicturesThatTheySay(t *testing.T) {
	for name, open := range map[string]func(display string) (App, error){
		"scroll": func(display string) (App, error) { return OpenScroll(display, 60) },
		"flip":   func(display string) (App, error) { return OpenFlip(display, 60, true) },
	} {
		t.Run(name, func(t *testing.T) { showsWhatItSays(t, perform(t, open)) })
	}
}

// showsWhatItSays runs an application and compares a picture with what it says
// of it afterwards.
func showsWhatItSays(t *testing.T, s stage) {
	t.Helper()
	stop := Background(t.Context(), s.app.Run)
	_, err := s.probe.Await(t.Context(), CodeOf(firstSeq+20))
	seen := s.look(t)
	if err := errors.Join(err, stop()); err != nil {
		t.Fatal(err)
	}
	code := seen.Code(0, 0)
	for _, d := range s.app.Draws() {
		if CodeOf(d.Seq) != code {
			continue
		}
		if drawn := s.app.(Remembering).Picture(d.Seq); !Within(seen, drawn, 0) {
			t.Errorf("picture %d differs from what is said of it by up to %d", d.Seq, LargestError(seen, drawn))
		}
		return
	}
	t.Errorf("the code %d was never drawn", code)
}

func TestPlayAnswersKeysWhileItMoves(t *testing.T) {
	s := perform(t, func(display string) (App, error) { return OpenPlay(display, 60) })
	keyboard, err := OpenPresser(s.name)
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	before := s.look(t)
	stop := Background(t.Context(), s.app.Run)
	for i := range 3 {
		if _, err := keyboard.Press(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.probe.Await(t.Context(), CodeOf(firstSeq+i+1)); err != nil {
			t.Fatal(err)
		}
	}
	for bytes.Equal(below(before), below(s.look(t))) && t.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	draws := s.app.Draws()
	if len(draws) != 3 {
		t.Fatalf("%d answers to 3 keys", len(draws))
	}
	for _, d := range draws {
		if d.Cause == 0 || d.Issued < d.Cause || d.Drawn < d.Issued {
			t.Errorf("an answer has the moments %+v", d)
		}
	}
}

// below is what lies below the barcode.
func below(p Picture) []byte { return p.Pix[BarcodeHeight*p.Width*4:] }
