package x264

import (
	"math"
	"testing"
	"time"
)

// coder stands for libx264: a frame takes cost bits for each unit of activity
// at a quantiser of 26, and half of that six steps up.
func coder(cost float64, a activity, qp int) (bytes int) {
	bits := cost * a.inter
	for q := 26; q < qp; q += 6 {
		bits /= 2
	}
	for q := 26; q > qp; q -= 6 {
		bits *= 2
	}
	return int(bits / 8)
}

// run codes n frames at 60 a second from time t on, and returns how many bits
// they took and how many were dropped.
func run(r *rateControl, a activity, cost float64, n int, t time.Duration) (bits, dropped int) {
	for i := range n {
		qp, ok := r.next(a, t+time.Duration(i)*time.Second/60, false)
		if !ok {
			dropped++
			continue
		}
		bytes := coder(cost, a, qp)
		r.coded(a, qp, bytes, false)
		bits += 8 * bytes
	}
	return bits, dropped
}

var busy = activity{inter: 200_000, intra: 400_000, samples: 115_200}

func TestRateIsKeptWhateverPicturesCost(t *testing.T) {
	for _, cost := range []float64{0.5, 2, 10} {
		r := newRateControl(8_000_000, 60)
		run(&r, busy, cost, 120, 0)
		bits, dropped := run(&r, busy, cost, 120, 2*time.Second)
		if bits < 12_000_000 || bits > 17_000_000 || dropped > 0 {
			t.Errorf("at a cost of %v, 2 s took %d bits with %d frames dropped, want 16 Mbit and none", cost, bits, dropped)
		}
	}
}

func TestDearerPicturesOvershootOnce(t *testing.T) {
	r := newRateControl(8_000_000, 60)
	run(&r, busy, 2, 120, 0)
	bits, _ := run(&r, busy, 20, 120, 2*time.Second)
	if bits > 18_400_000 {
		t.Errorf("2 s after pictures became ten times as dear took %d bits, want at most 18.4 Mbit", bits)
	}
}

func TestStillPictureIsRefinedToTheEnd(t *testing.T) {
	r := newRateControl(8_000_000, 60)
	run(&r, busy, 20, 60, 0)
	coarse := r.qp
	still := activity{inter: 0, intra: 400_000, samples: 115_200}
	run(&r, still, 0, 60, 2*time.Second)
	if r.qp != leastQP || coarse <= leastQP {
		t.Errorf("the quantiser went from %d to %d, want it to end at %d", coarse, r.qp, leastQP)
	}
}

// A page that is turned costs something else than what moves, and is to be as
// sharp at once as can be sent without delay.
func TestTurnedPageTakesATwentiethOfASecond(t *testing.T) {
	r := newRateControl(8_000_000, 60)
	run(&r, busy, 20, 60, 0)
	page := activity{inter: 300_000, intra: 400_000, samples: 115_200}
	still := activity{intra: 400_000, samples: 115_200}
	bits := 0
	for i := range 8 {
		at := time.Duration(2*i+2) * time.Second
		qp, _ := r.next(page, at, false)
		bits = int(300_000 * math.Exp2(float64(26-qp)/6))
		r.coded(page, qp, bits/8, false)
		run(&r, still, 0, 60, at+time.Second/2)
	}
	if bits < 250_000 || bits > 400_000 {
		t.Errorf("the page takes %d bits, want nearly 400000", bits)
	}
}

func TestWhatCannotGetBetterCostsNothing(t *testing.T) {
	r := newRateControl(8_000_000, 60)
	run(&r, busy, 20, 60, 0)
	rest := activity{intra: 400_000, samples: 115_200, none: true}
	run(&r, rest, 0, 60, 2*time.Second)
	if qp, ok := r.next(rest, 5*time.Second, false); !ok || qp != restQP {
		t.Errorf("the quantiser at rest is %d, want %d", qp, restQP)
	}
	small := activity{inter: 3000, intra: 400_000, samples: 115_200}
	if qp, _ := r.next(small, 7*time.Second, false); qp > leastQP+6 {
		t.Errorf("the first change after a rest gets a quantiser of %d", qp)
	}
}

func TestRestEarnsRoomForMore(t *testing.T) {
	r := newRateControl(8_000_000, 60)
	run(&r, busy, 10, 120, 0)
	steady, _ := r.next(busy, 2*time.Second, false)
	rested, _ := r.next(busy, 4*time.Second, false)
	if rested >= steady {
		t.Errorf("the quantiser after a rest is %d, and in motion %d; want it finer", rested, steady)
	}
}
