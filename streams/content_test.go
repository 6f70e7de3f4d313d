package streams

import (
	"image"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

// scene is some seconds of frames: so many a second, each telling of so many
// rows of a hundred.
type scene struct {
	seconds, fps, rows int
}

func TestContentIsToldFromWhatChanges(t *testing.T) {
	for name, c := range map[string]struct {
		scenes []scene
		want   bool
	}{
		"game":                        {[]scene{{2, 60, 100}}, true},
		"film":                        {[]scene{{2, 25, 60}}, true},
		"typing":                      {[]scene{{5, 60, 3}}, false},
		"turning pages":               {[]scene{{5, 4, 100}}, false},
		"game, then a desktop":        {[]scene{{2, 60, 100}, {2, 30, 3}}, false},
		"game that holds its breath":  {[]scene{{2, 60, 100}, {2, 10, 100}}, true},
		"desktop that animates a bit": {[]scene{{3, 12, 100}}, false},
	} {
		var got bool
		var told content
		at := time.Hour
		for _, s := range c.scenes {
			for range s.seconds * s.fps {
				at += time.Second / time.Duration(s.fps)
				f := &capture.Frame{Width: 100, Height: 100, Time: at, Damage: []image.Rectangle{image.Rect(0, 0, 100, s.rows)}}
				got = told.see(f)
			}
		}
		if got != c.want {
			t.Errorf("%s: moves is %v", name, got)
		}
	}
}

func TestContentDoesNotFlap(t *testing.T) {
	var told content
	at, changes, was := time.Hour, 0, false
	for i := range 60 * 60 {
		at += time.Second / 60
		f := &capture.Frame{Width: 100, Height: 100, Time: at, Damage: []image.Rectangle{}}
		if i%4 == 0 { // fifteen large frames a second: neither the one nor the other
			f.Damage = nil
		}
		if now := told.see(f); now != was {
			changes, was = changes+1, now
		}
	}
	if changes > 0 {
		t.Errorf("it changed its mind %d times in a minute", changes)
	}
}
