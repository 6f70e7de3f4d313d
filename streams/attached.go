package streams

import (
	"slices"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

// View is what a viewer says of how it shows a picture.
type View struct {
	// Width and Height are the size of the picture on its display, in the
	// display's pixels. Zero means that it takes all there are.
	Width, Height int
	// Refresh is the display's refresh rate in Hz, or zero when unknown.
	Refresh float64
}

// noticed is the least change of a bit rate that may put a viewer on another
// rung, as a fraction: feedback changes it a little several times a second.
const noticed = 1.0 / 32

func (d *Demand) add(k *Sink) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sinks = append(d.sinks, k)
	d.renew()
}

func (d *Demand) remove(k *Sink) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sinks = slices.DeleteFunc(d.sinks, func(other *Sink) bool { return other == k })
	d.stale = true
}

func (d *Demand) all() []*Sink {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.sinks)
}

// renew has the sinks put on rungs anew, soon. The caller holds mu.
func (d *Demand) renew() {
	d.stale = true
	signal(d.changed)
}

func (d *Demand) requestKey(k *Sink) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked(k)
}

// asked notes that k needs a key frame. The caller holds mu.
func (d *Demand) asked(k *Sink) {
	if k.trouble.count(capture.Now()) {
		d.stale = true
	}
	if k.at != nil {
		d.askKey(k.at)
	}
}

// askKey asks for a key frame; asking twice asks for one. The caller holds mu.
func (d *Demand) askKey(r *rungDemand) {
	r.key = true
	signal(d.changed)
}

func (d *Demand) setBitrate(k *Sink, bps int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := float64(k.rated)
	k.bitrate = bps
	if change := float64(bps) - before; change > noticed*before || -change > noticed*before {
		k.rated = bps
		d.stale = true
	}
}

func (d *Demand) setView(k *Sink, v View) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if resized := v.Width != k.view.Width || v.Height != k.view.Height; resized {
		d.renew()
	}
	k.view = v
}

// poke notes that a viewer did something.
func (d *Demand) poke(viewer string) {
	d.mu.Lock()
	d.control = viewer
	d.mu.Unlock()
	d.pokedAt.Store(int64(capture.Now()))
	signal(d.poked)
}

// signal wakes the receiver of a channel of capacity one; signals coalesce.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// trouble counts a viewer's requests for key frames.
type trouble struct {
	n     int
	since time.Duration // when the counting began
	begun bool
	until time.Duration // to which it lasts, once it has begun
}

// count counts a request, and is true when that makes trouble.
func (t *trouble) count(now time.Duration) bool {
	if t.n == 0 || now-t.since > troubleTime {
		t.since, t.n = now, 0
	}
	if t.n++; t.n <= troubleMost {
		return false
	}
	before := t.lasts(now)
	t.begun, t.until = true, now+troubleTime
	return !before
}

func (t *trouble) lasts(now time.Duration) bool { return t.begun && now < t.until }
