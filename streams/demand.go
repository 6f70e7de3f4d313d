package streams

import (
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// keyframeInterval is the least time between two key frames of one codec.
// Viewers that join or lose packets together share one, since a key frame is
// ten times the size of another and a storm of them delays everybody.
const keyframeInterval = 250 * time.Millisecond

// Want is what the viewers of one codec ask for at this moment.
type Want struct {
	Codec encode.Codec
	// Key is true when the next chunk should be a key frame.
	Key bool
	// Bitrate is what the ways to the viewers carry, in bits a second, or
	// zero when nobody has said.
	Bitrate int
}

// Stats counts what went through a track.
type Stats struct {
	// Frames and Bytes count the encoded chunks, once for each codec.
	Frames, Bytes uint64
	// Keyframes counts those of them that are key frames, Skipped the
	// chunks that slow sinks threw away.
	Keyframes, Skipped uint64
	// Encoding is the time spent encoding.
	Encoding time.Duration
	// Target is the encoders' bit rate at this moment, in bits a second.
	Target int
	// Sinks is how many are attached at this moment.
	Sinks int
}

// Demand is what a [Source] sees of a track's sinks. The source reads from
// one goroutine what is wanted, and delivers it.
type Demand struct {
	track   *Track
	changed chan struct{}
	poked   chan struct{}

	mu     sync.Mutex
	codecs []*codecDemand // in the order of the first sink
	sinks  map[*Sink]*codecDemand
	width  int
	height int
	stats  Stats
}

// codecDemand is the part of a Demand that concerns one codec.
type codecDemand struct {
	codec   encode.Codec
	sinks   []*Sink
	key     bool          // one is asked for
	begun   bool          // there was one
	lastKey time.Duration // when
}

func newDemand(t *Track) *Demand {
	return &Demand{
		track:   t,
		changed: make(chan struct{}, 1),
		poked:   make(chan struct{}, 1),
		sinks:   map[*Sink]*codecDemand{},
	}
}

// Changed receives when a key frame or a new codec is wanted, so that a
// source that waits for the picture to change stops waiting.
func (d *Demand) Changed() <-chan struct{} { return d.changed }

// Poked receives when something was injected.
func (d *Demand) Poked() <-chan struct{} { return d.poked }

// Wants appends to dst what is wanted now. now is the time on the clock of
// [capture.Now]. A key frame that was asked for too soon after the last is
// wanted later; KeyAfter says when.
func (d *Demand) Wants(dst []Want, now time.Duration) []Want {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.codecs {
		if len(c.sinks) == 0 {
			continue
		}
		w := Want{Codec: c.codec, Key: c.key && c.ripe(now)}
		for _, k := range c.sinks {
			if b := k.bitrate; b > 0 && (w.Bitrate == 0 || b < w.Bitrate) {
				w.Bitrate = b
			}
		}
		dst = append(dst, w)
	}
	return dst
}

// ripe is true when a key frame may be made.
func (c *codecDemand) ripe(now time.Duration) bool {
	return !c.begun || now-c.lastKey >= keyframeInterval
}

// KeyAfter is how long to wait for the first key frame that is asked for but
// not ripe, or zero when none is.
func (d *Demand) KeyAfter(now time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	var wait time.Duration
	for _, c := range d.codecs {
		if c.key && !c.ripe(now) {
			if left := c.lastKey + keyframeInterval - now; wait == 0 || left < wait {
				wait = left
			}
		}
	}
	return wait
}

// Deliver hands c, encoded as codec, to every sink that takes it. c must not
// be changed afterwards. spent is how long the encoding took.
func (d *Demand) Deliver(codec encode.Codec, c *encode.Chunk, spent time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Encoding += spent
	if len(c.Data) == 0 {
		return
	}
	d.stats.Frames++
	d.stats.Bytes += uint64(len(c.Data))
	cd := d.find(codec)
	if c.Key && c.Width > 0 {
		d.stats.Keyframes++
		cd.key, cd.begun, cd.lastKey = false, true, capture.Now()
	}
	for _, k := range cd.sinks {
		skipped := k.push(c)
		d.stats.Skipped += uint64(skipped)
		if skipped > 0 && k.video {
			d.askKey(cd)
		}
	}
}

// SetSize notes the size of the picture in pixels.
func (d *Demand) SetSize(w, h int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.width, d.height = w, h
}

// SetTarget notes the encoders' bit rate.
func (d *Demand) SetTarget(bps int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Target = bps
}

// SetCursor passes a change of the pointer on to the track's watchers.
func (d *Demand) SetCursor(c capture.Cursor) { d.track.cursor.set(c) }

func (d *Demand) size() (w, h int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.width, d.height
}

func (d *Demand) statsNow() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	st := d.stats
	st.Sinks = len(d.sinks)
	return st
}

// find returns the demand for codec, new if need be. The caller holds mu.
func (d *Demand) find(codec encode.Codec) *codecDemand {
	for _, c := range d.codecs {
		if c.codec.Name == codec.Name {
			return c
		}
	}
	c := &codecDemand{codec: codec}
	d.codecs = append(d.codecs, c)
	return c
}

func (d *Demand) add(k *Sink) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.find(k.codec)
	c.sinks = append(c.sinks, k)
	d.sinks[k] = c
	if k.video {
		d.askKey(c)
	}
}

func (d *Demand) remove(k *Sink) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.sinks[k]
	delete(d.sinks, k)
	for i, other := range c.sinks {
		if other == k {
			c.sinks = append(c.sinks[:i:i], c.sinks[i+1:]...)
			break
		}
	}
}

func (d *Demand) all() []*Sink {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []*Sink
	for k := range d.sinks {
		all = append(all, k)
	}
	return all
}

func (d *Demand) requestKey(k *Sink) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.sinks[k]; c != nil {
		d.askKey(c)
	}
}

// askKey asks for a key frame; asking twice asks for one. The caller holds mu.
func (d *Demand) askKey(c *codecDemand) {
	c.key = true
	signal(d.changed)
}

func (d *Demand) setBitrate(k *Sink, bps int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k.bitrate = bps
}

func (d *Demand) poke() { signal(d.poked) }

// signal wakes the receiver of a channel of capacity one; signals coalesce.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
