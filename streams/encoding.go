package streams

import (
	"image"
	"sync"
	"sync/atomic"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// encoding makes the chunks of one rung of a [Video]: its rendition, on the
// goroutine that captures for the viewer in control, so that nothing stands
// between the two, and on one of its own for all others, so that no encoder
// holds up another. While it is busy it gets no frames: the newest wins.
type encoding struct {
	rung      Rung
	rendition *rendition
	deliver   func(*encoding, job)

	busy atomic.Bool  // what follows is the worker's
	sent atomic.Int64 // bytes in the last chunk

	last   time.Duration     // when it was given a frame
	missed []image.Rectangle // the damage of frames since that could wait, or nil
	since  time.Duration     // when the first of these was captured
	frame  capture.Frame     // what it was given, with damage of its own
	scaler encode.Scaler
	stale  bool     // the scaler has missed a frame
	behind bool     // the encoder has missed a frame
	jobs   chan job // nil until there is a worker
}

const (
	// lag is for how long the video may stay behind what patches show, and
	// missedMost how many changes are remembered meanwhile.
	lag        = 500 * time.Millisecond
	missedMost = 32
)

// job is a frame to encode, unless there is an error.
type job struct {
	frame  *capture.Frame
	moving bool // as [content] says
	key    bool
	bps    int
	err    error
}

// here does j at once.
func (e *encoding) here(j job) {
	if j, ok := e.accept(j, e.rung.Scale != Full); ok {
		e.deliver(e, j)
	}
}

// apart copies j's frame and has the worker encode it, which is one of wg.
func (e *encoding) apart(j job, wg *sync.WaitGroup) {
	j, ok := e.accept(j, true)
	if !ok {
		return
	}
	if e.jobs == nil {
		e.jobs = make(chan job, 1)
		wg.Go(e.work)
	}
	e.busy.Store(true)
	e.jobs <- j
}

// accept makes j one of the encoding's own, or notes that its frame is missed.
func (e *encoding) accept(j job, scale bool) (job, bool) {
	if e.busy.Load() {
		e.stale, e.behind = true, true
		return j, false
	}
	f := j.frame
	e.last = f.Time
	e.frame = *f
	e.frame.Free = nil
	if e.behind || e.stale && scale {
		e.frame.Damage = nil
	} else if e.missed != nil && f.Damage != nil {
		e.frame.Damage = append(e.missed, f.Damage...)
	}
	e.stale, e.behind, e.missed = !scale, false, nil
	j.frame = &e.frame
	if scale {
		width, height := e.rung.Scale.Of(f.Width, f.Height)
		j.frame, j.err = e.scaler.Scale(&e.frame, width, height)
	}
	return j, true
}

// mayWait is true when a frame of that time need not be encoded yet for viewers
// who are sent patches.
func (e *encoding) mayWait(now time.Duration, n news) bool {
	switch {
	case e.busy.Load() || e.behind || e.last == 0:
		return false
	case n == asPatched:
		return e.missed == nil || now-e.since < lag && len(e.missed) < missedMost
	case n == asBefore:
		return e.missed == nil && now-e.last < heartbeat/2
	}
	return false
}

// wait leaves f out for now.
func (e *encoding) wait(f *capture.Frame) {
	if e.missed == nil {
		e.since = f.Time
	}
	e.missed = append(e.missed, f.Damage...)
	e.stale = true
	e.sent.Store(0)
}

func (e *encoding) work() {
	for j := range e.jobs {
		e.deliver(e, j)
		e.busy.Store(false)
	}
	e.rendition.close()
}

// close ends it. A worker closes the encoder when it is done with it.
func (e *encoding) close() {
	if e.jobs != nil {
		close(e.jobs)
		return
	}
	e.rendition.close()
}
