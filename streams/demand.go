package streams

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// keyframeInterval is the least time between two key frames of one rung.
// Viewers that join or lose packets together share one, since a key frame is
// ten times the size of another and a storm of them delays everybody.
const keyframeInterval = 200 * time.Millisecond

// Want is what the viewers of one rung ask for at this moment.
type Want struct {
	Rung
	// Key is true when the next chunk should be a key frame.
	Key bool
	// Bitrate is what the ways to the viewers carry, in bits a second, or
	// zero when nobody has said.
	Bitrate int
	// Control is true for the rung of the viewer in control.
	Control bool
	// Patched is true when all its viewers are sent exact patches of what stands
	// still, so soon that the video need not become as sharp.
	Patched bool
}

// Stats counts what went through a track.
type Stats struct {
	// Frames and Bytes count the encoded chunks, once for each rung.
	Frames, Bytes uint64
	// Keyframes counts those of them that are key frames, Skipped the
	// chunks that slow sinks threw away, Switches how often a sink went from
	// one rung to another.
	Keyframes, Skipped, Switches uint64
	// Encoding is the time spent encoding.
	Encoding time.Duration
	// Target is the encoders' highest bit rate at this moment, in bits a second.
	Target int
	// Sinks and Rungs are how many there are at this moment.
	Sinks, Rungs int
}

// Demand is what a [Source] sees of a track's sinks. The source reads from
// one goroutine what is wanted; it may deliver from several.
type Demand struct {
	track   *Track
	changed chan struct{}
	poked   chan struct{}
	pokedAt atomic.Int64

	mu      sync.Mutex
	sinks   []*Sink // in the order of their coming
	rungs   []*rungDemand
	wishes  []wish // memory for place
	stale   bool   // the sinks have to be put on rungs anew
	control string // the viewer that did something last, or ""
	width   int
	height  int
	stats   Stats
}

// rungDemand is the part of a Demand that concerns one rung.
type rungDemand struct {
	Rung
	key     bool          // one is asked for
	begun   bool          // there was one
	lastKey time.Duration // when
}

func newDemand(t *Track) *Demand {
	return &Demand{track: t, changed: make(chan struct{}, 1), poked: make(chan struct{}, 1)}
}

// Changed receives when a key frame or a new rung is wanted, so that a
// source that waits for the picture to change stops waiting.
func (d *Demand) Changed() <-chan struct{} { return d.changed }

// Poked receives when something was injected.
func (d *Demand) Poked() <-chan struct{} { return d.poked }

// PokedAt is when something was injected last, on the clock of [capture.Now],
// or zero.
func (d *Demand) PokedAt() time.Duration { return time.Duration(d.pokedAt.Load()) }

// Wants appends to dst what is wanted now, first what somebody waits for. now
// is the time on the clock of [capture.Now]. A key frame that was asked for too
// soon after the last is wanted later; KeyAfter says when.
func (d *Demand) Wants(dst []Want, now time.Duration) []Want {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settle(now)
	first := len(dst)
	control := d.inControl()
	for _, r := range d.rungs {
		w := Want{Rung: r.Rung, Key: r.key && r.ripe(now), Patched: r.Scale == Full}
		for _, k := range d.sinks {
			if k.at == r && k == control {
				w.Control = true
			}
			if k.at == r || k.to == r {
				w.Patched = w.Patched && d.track.mosaic.suffices(k.viewer, k.bitrate)
			}
			if k.to != r {
				continue
			}
			w.Control = w.Control || k == control && k.at == nil
			if b := k.bitrate; b > 0 && (w.Bitrate == 0 || b < w.Bitrate) {
				w.Bitrate = b
			}
		}
		dst = append(dst, w)
	}
	// A sink that changes to a rung must not have been given the same picture
	// by the one before.
	slices.SortStableFunc(dst[first:], func(a, b Want) int { return order(a) - order(b) })
	return dst
}

func order(w Want) int {
	switch {
	case w.Key:
		return 0
	case w.Control:
		return 1
	}
	return 2
}

// settle puts the sinks on rungs when something changed, and forgets rungs
// that nobody uses any more. The caller holds mu.
func (d *Demand) settle(now time.Duration) {
	if d.stale {
		d.stale = false
		d.place(now)
	}
	d.rungs = slices.DeleteFunc(d.rungs, func(r *rungDemand) bool {
		return !slices.ContainsFunc(d.sinks, func(k *Sink) bool { return k.at == r || k.to == r })
	})
}

// place chooses the rung of each sink. A sink goes on with the rung before
// until the new one has a key frame. The caller holds mu.
func (d *Demand) place(now time.Duration) {
	d.wishes = d.wishes[:0]
	for _, k := range d.sinks {
		v := wish{codec: k.codec.Name, rate: k.bitrate, width: k.view.Width, height: k.view.Height, troubled: k.trouble.lasts(now)}
		if k.to != nil {
			v.scale, v.placed, v.held = k.to.Scale, true, k.moved != 0 && now-k.moved < dwell
		}
		d.stale = d.stale || v.held || v.troubled // and so another time
		d.wishes = append(d.wishes, v)
	}
	place(d.wishes, d.width, d.height)
	for i, k := range d.sinks {
		r := d.find(Rung{Codec: k.codec, Scale: d.wishes[i].scale})
		if k.to == r {
			continue
		}
		if k.to != nil {
			k.moved = now
		}
		d.stay(k)
		if k.to = r; r != k.at {
			d.askKey(r)
		}
	}
}

// ripe is true when a key frame may be made.
func (r *rungDemand) ripe(now time.Duration) bool {
	return !r.begun || now-r.lastKey >= keyframeInterval
}

// KeyAfter is how long to wait for the first key frame that is asked for but
// not ripe, or zero when none is.
func (d *Demand) KeyAfter(now time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	var wait time.Duration
	for _, r := range d.rungs {
		if r.key && !r.ripe(now) {
			if left := r.lastKey + keyframeInterval - now; wait == 0 || left < wait {
				wait = left
			}
		}
	}
	return wait
}

// Deliver hands c, encoded for a rung, to every sink that takes it. c must not
// be changed afterwards. spent is how long the encoding took.
func (d *Demand) Deliver(rung Rung, c *encode.Chunk, spent time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Encoding += spent
	if len(c.Data) == 0 {
		return
	}
	d.stats.Frames++
	d.stats.Bytes += uint64(len(c.Data))
	d.settle(capture.Now())
	r := d.known(rung)
	if r == nil {
		return // its sinks have gone meanwhile
	}
	if c.Key && c.Width > 0 {
		d.stats.Keyframes++
		r.key, r.begun, r.lastKey = false, true, capture.Now()
	}
	for _, k := range d.sinks {
		if d.move(k, r, c); k.at != r || d.withheld(k, c) {
			continue
		}
		k.last = c.Time
		skipped := k.push(c)
		d.stats.Skipped += uint64(skipped)
		if skipped > 0 && k.video {
			d.asked(k)
		}
	}
}

// SetSize notes the size of the picture in pixels.
func (d *Demand) SetSize(w, h int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.width != w || d.height != h {
		d.width, d.height = w, h
		d.stale = true
	}
}

// SetTarget notes the encoders' highest bit rate.
func (d *Demand) SetTarget(bps int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Target = bps
}

// SetCursor passes a change of the pointer on to the track's watchers.
func (d *Demand) SetCursor(c capture.Cursor) { d.track.cursor.set(c) }

// Refresh is the refresh rate in Hz of the display of the viewer in control,
// or zero when it is not known. In control is who did something last, else
// who came first.
func (d *Demand) Refresh() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if k := d.inControl(); k != nil {
		return k.view.Refresh
	}
	return 0
}

// inControl is the sink of the viewer in control, or nil. The caller holds mu.
func (d *Demand) inControl() *Sink {
	for _, k := range d.sinks {
		if k.viewer == d.control {
			return k
		}
	}
	if len(d.sinks) > 0 {
		return d.sinks[0]
	}
	return nil
}

// patchable says what the way to a viewer carries, in bits a second, and
// whether it is sent the picture in full size.
func (d *Demand) patchable(viewer string) (bps int, whole bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.sinks {
		if k.viewer == viewer && k.at != nil {
			bps, whole = k.bitrate, k.at.Scale == Full
		}
	}
	if bps == 0 {
		bps = d.stats.Target
	}
	return bps, whole
}

func (d *Demand) size() (w, h int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.width, d.height
}

func (d *Demand) statsNow() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	st := d.stats
	st.Sinks, st.Rungs = len(d.sinks), len(d.rungs)
	return st
}

// known returns the demand for rung, or nil. The caller holds mu.
func (d *Demand) known(rung Rung) *rungDemand {
	for _, r := range d.rungs {
		if r.is(rung) {
			return r
		}
	}
	return nil
}

// find returns the demand for rung, new if need be. The caller holds mu.
func (d *Demand) find(rung Rung) *rungDemand {
	r := d.known(rung)
	if r == nil {
		r = &rungDemand{Rung: rung}
		d.rungs = append(d.rungs, r)
	}
	return r
}
