package x264

import (
	"math"
	"time"
)

const (
	// bufferFrames is the size of the rate buffer in frames, at the full
	// frame rate. It bounds how much longer than its share one frame takes to
	// send, and what a key frame may cost: with four frames key frames of
	// text are smeared, with sixty one of them delays everything after it by
	// half a second on a link that is just wide enough. Over two seconds at
	// 60 fps it adds 5 % to the rate.
	bufferFrames = 6
	// greed is the share of the room in the buffer that one frame may take.
	// At a steady rate each frame then takes its share and the buffer stays
	// a little more than half full, and the first frame after a rest takes
	// more than two shares.
	greed = 0.4
	// turnGreed is that share for a page that is turned, the first change of most
	// of a picture in turnRest: what is sent in a twentieth of a second.
	turnGreed = 0.5
	turnRest  = 200 * time.Millisecond

	// mostLate is how much may be in the buffer after a frame before it is dropped.
	// That is the last resort, when the coarsest quantiser is not enough:
	// motion that spans a hole is often too fast to be followed, and the next
	// frame all the larger.
	mostLate = 150 * time.Millisecond

	// The range of quantisers, whose upper end is the standard's. Below the
	// least nobody sees a difference.
	leastQP, mostQP = 12, 51
	// movingQP is the finest for what moves, in which differences are seen
	// later still: four steps finer cost a third more time and bits. What
	// scrolls is coded once, as scrollQP, and is as fine when it stands still.
	movingQP, scrollQP = 18, 14
	// exactQP is where refinement ends in 4:4:4, some 51 dB from the original
	// over red, green and blue. libx264 knows no finer one at this preset.
	exactQP = 6
	// finer is how much the quantiser may fall from one frame to the next.
	// What stands still is coded anew at the finer quantiser, so a large step
	// would cost far more than what has changed.
	finer = 2
	// firstStep is how much it falls when nothing else is coded, and mostStep
	// how much at most: in few large steps a picture gets sharp with fewer
	// bits in all.
	firstStep, mostStep = 8, 12
	// patient is the share of the rate that goes to what stands still, and
	// pause the longest time whose rate one such frame may take.
	patient = 0.85
	pause   = 200 * time.Millisecond
	// stillness is the activity, in levels a sampled pixel, below which a
	// picture counts as the same as before.
	stillness = 0.02
	// restQP is for a picture that is as fine as it gets and of which nothing at
	// all changed: too coarse for what is left to be worth a bit, so that the
	// frame says no more than that there is none.
	restQP = 34
)

// rateControl chooses the quantiser of each frame. It takes the place of
// libx264's own, whose estimate of a frame's cost takes a third of the time
// of encoding it at the fastest preset: it codes a small copy of the picture
// first. Ours compares an eighth of the pixels with the frame before (see
// causeway_x264_activity), and learns from what frames cost.
//
// The model is that a frame takes cost × activity × 2^((26-QP)/6) bits: six
// steps of the quantiser double its step size (ITU-T H.264 §8.5).
type rateControl struct {
	bps    float64 // bits a second
	buffer float64 // bits
	full   float64 // bits in the buffer, as after the last frame
	last   time.Duration
	begun  bool
	least  int           // quantiser
	qp     int           // of the last frame
	bits   float64       // of the last frame
	frame  float64       // of the last that moved, which the next may take too
	step   int           // by which the quantiser falls while nothing moves
	inter  float64       // cost of what changed, in bits for each unit of activity
	intra  float64       // the same for key frames
	scroll float64       // the same for what came into view
	turn   float64       // the same for pages that are turned
	moved  time.Duration // when a picture was last not the one before
	turned bool          // the last frame was a page that was turned
}

// newRateControl begins with costs on the high side: the first frame is
// coarse rather than late.
func newRateControl(bps, fps int) rateControl {
	r := rateControl{inter: 10, intra: 5, scroll: 5, turn: 5, qp: 30, step: firstStep, least: leastQP}
	r.set(bps, fps)
	return r
}

// set changes the target.
func (r *rateControl) set(bps, fps int) {
	frames := max(2, min(bufferFrames, fps/8))
	r.bps, r.buffer = float64(bps), float64(bps)/float64(fps)*float64(frames)
}

// activity is how much of a picture is to be coded: what changed since the
// frame before, or all that is in it, in levels summed over sampled pixels.
type activity struct {
	inter, intra float64
	samples      float64
	none         bool // the picture is known to be the one before
	moved        bool // it scrolled, and inter is what came into view
}

// scrolled is inter of a picture that scrolled, and something for the vectors.
func (a activity) scrolled() float64 { return a.inter + stillness*a.samples + 1 }

// next returns the quantiser for a frame that was captured at t, or false when
// the frame must be dropped to keep to the rate.
func (r *rateControl) next(a activity, t time.Duration, key bool) (qp int, ok bool) {
	rest, calm := t-r.last, t-r.moved
	r.turned = false
	if a.moved || a.inter >= stillness*a.samples {
		r.moved = t // also when it is dropped
	}
	if r.begun {
		r.full = max(0, r.full-r.bps*rest.Seconds())
	}
	r.last, r.begun = t, true
	if r.full > max(0, r.bps*mostLate.Seconds()-r.frame) && !key {
		return 0, false
	}
	want := max((r.buffer-r.full)*greed, r.buffer/bufferFrames*0.25)
	switch {
	case key:
		// A key frame may fill the buffer: nothing can be shown before it.
		return r.choose(r.intra*a.intra, max(want, (r.buffer-r.full)*0.9), r.least), true
	case a.none && r.qp <= r.least:
		return restQP, true
	case a.inter < stillness*a.samples && !a.moved:
		return r.refine(r.bps * min(rest, pause).Seconds() * patient), true
	}
	r.step = firstStep
	r.turned = !a.moved && 2*a.inter > a.intra && calm >= turnRest
	bits, least := r.inter*a.inter, movingQP
	switch {
	case a.moved:
		bits, least = r.scroll*a.scrolled(), scrollQP
	case r.turned:
		bits = r.turn * a.inter
		want = max(want, (r.buffer-r.full)*turnGreed)
	}
	return r.choose(bits, want, max(r.qp-finer, least)), true
}

// choose returns the quantiser, least or more, at which a frame that takes bits
// at a quantiser of 26 takes want.
func (r *rateControl) choose(bits, want float64, least int) int {
	qp := int(math.Ceil(26 + 6*math.Log2(bits/want)))
	return min(max(qp, least), mostQP)
}

// refine returns the quantiser for a picture that stands still: finer and
// finer, as the rate allows.
func (r *rateControl) refine(want float64) int {
	switch {
	case r.bits > 1.5*want:
		r.step = finer
		return r.qp
	case r.bits > want:
		r.step = max(r.step/2, finer)
	case r.bits < want/2:
		r.step = min(2*r.step, mostStep)
	}
	return max(r.qp-r.step, r.least)
}

// coded learns from a frame of that quantiser that took so many bytes.
func (r *rateControl) coded(a activity, qp, bytes int, key bool) {
	r.full += float64(8 * bytes)
	if qp == restQP && a.none {
		return // the picture is as fine as before
	}
	r.qp, r.bits = qp, float64(8*bytes)
	at26 := r.bits * math.Exp2(float64(qp-26)/6)
	switch {
	case key:
		learn(&r.intra, at26/max(a.intra, 1), 0.2)
		learn(&r.turn, at26/max(a.intra, 1), 0.5)
	case a.moved:
		r.frame = r.bits
		learn(&r.scroll, at26/a.scrolled(), 0.2)
	case r.turned && a.inter >= stillness*a.samples:
		learn(&r.turn, at26/a.inter, 0.5)
	case a.inter >= stillness*a.samples:
		r.frame = r.bits
		learn(&r.inter, at26/a.inter, 0.2)
	}
}

// learn moves a cost towards what was seen: at once when frames turn out to
// be dearer, since late is worse than coarse, and by that weight when cheaper.
func learn(cost *float64, seen, weight float64) {
	if seen > *cost {
		weight = 0.7
	}
	*cost += weight * (seen - *cost)
	*cost = min(max(*cost, 0.05), 5000)
}
