package streams

import (
	"encoding/binary"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// desk is a display whose rows are windows on a sheet of noise.
type desk struct {
	sheet, frame *capture.Frame
	at           time.Duration
	rand         *rand.Rand
}

func newDesk() *desk {
	d := &desk{encode.NewFrame(capture.BGRA, 256, 4000), encode.NewFrame(capture.BGRA, 256, 100), time.Hour, rand.New(rand.NewPCG(1, 2))}
	for i := 0; i < len(d.sheet.Plane[0]); i += 8 {
		binary.NativeEndian.PutUint64(d.sheet.Plane[0][i:], d.rand.Uint64())
	}
	return d
}

// show shows the sheet from row top on in the first rows, and says that they
// changed.
func (d *desk) show(rows, top int) *capture.Frame {
	stride := d.frame.Stride[0]
	copy(d.frame.Plane[0], d.sheet.Plane[0][top*stride:(top+rows)*stride])
	f := *d.frame
	f.Time, f.Damage = d.at, []image.Rectangle{image.Rect(0, 0, f.Width, rows)}
	return &f
}

// scene is some seconds of frames: so many a second, each telling of so many
// rows of a hundred. They move by step rows of the sheet, sideways or anywhere.
type scene struct {
	seconds, fps, rows, step int
}

const anywhere, sideways = -1, -2

func TestContentIsToldFromWhatChanges(t *testing.T) {
	for name, c := range map[string]struct {
		scenes []scene
		want   bool
	}{
		"game":                        {[]scene{{2, 60, 100, anywhere}}, true},
		"film":                        {[]scene{{2, 25, 60, anywhere}}, true},
		"typing":                      {[]scene{{5, 60, 3, anywhere}}, false},
		"turning pages":               {[]scene{{5, 4, 100, anywhere}}, false},
		"scrolling":                   {[]scene{{5, 60, 100, 7}}, false},
		"scrolling fast":              {[]scene{{5, 60, 100, 30}}, false},
		"scrolling sideways":          {[]scene{{5, 60, 100, sideways}}, false},
		"drawing what was there":      {[]scene{{5, 60, 100, 0}}, false},
		"game, then a desktop":        {[]scene{{2, 60, 100, anywhere}, {2, 30, 3, anywhere}}, false},
		"game, then scrolling":        {[]scene{{2, 60, 100, anywhere}, {2, 30, 100, 5}}, false},
		"scrolling, then a game":      {[]scene{{2, 60, 100, 5}, {2, 60, 100, anywhere}}, true},
		"game that holds its breath":  {[]scene{{2, 60, 100, anywhere}, {2, 10, 100, anywhere}}, true},
		"desktop that animates a bit": {[]scene{{3, 12, 100, anywhere}}, false},
	} {
		d, told, top := newDesk(), content{}, 0
		for _, s := range c.scenes {
			for range s.seconds * s.fps {
				d.at += time.Second / time.Duration(s.fps)
				switch s.step {
				case anywhere:
					top = d.rand.IntN(3900)
				case sideways:
					copy(d.sheet.Plane[0], d.sheet.Plane[0][4*3:])
				default:
					top = (top + s.step) % 3900
				}
				told.see(d.show(s.rows, top))
			}
		}
		if told.moves != c.want {
			t.Errorf("%s: moves is %v", name, told.moves)
		}
	}
}

func TestContentDoesNotFlap(t *testing.T) {
	d, told := newDesk(), content{}
	changes, was := 0, false
	for i := range 60 * 60 {
		d.at += time.Second / 60
		f := d.show(100, d.rand.IntN(3900))
		if i%4 > 0 { // fifteen large frames a second: neither the one nor the other
			f.Damage = []image.Rectangle{}
		}
		if now := told.see(f); now != was {
			changes, was = changes+1, now
		}
	}
	if changes > 0 {
		t.Errorf("it changed its mind %d times in a minute", changes)
	}
}

func TestTurnedPageIsTheFirstLargeFrameForAWhile(t *testing.T) {
	d, told := newDesk(), content{}
	for _, c := range []struct {
		name      string
		after     time.Duration
		rows, top int
		want      bool
	}{
		{"a page", time.Second, 100, 0, true},
		{"more of it", time.Second / 60, 100, 500, false},
		{"typing", time.Second, 3, 700, false},
		{"another page", time.Second, 100, 900, true},
		{"a page that scrolls", time.Second, 100, 905, false},
		{"the same page", time.Second, 100, 905, false},
	} {
		d.at += c.after
		told.see(d.show(c.rows, c.top))
		if got := told.turned == d.at; got != c.want {
			t.Errorf("%s: turned is %v", c.name, got)
		}
	}
}
