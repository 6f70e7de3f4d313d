package sfu

import (
	"sync/atomic"
	"time"
)

const (
	// measureEvery is how long the rate of a layer is measured.
	measureEvery = 500 * time.Millisecond
	// silentAfter is when a layer of which nothing came is no choice.
	silentAfter = 2 * time.Second
	// headroom is how much more must fit before a receiver gets a better
	// layer, so that it does not go to and fro.
	headroom = 1.15
)

// rates is how many bits a second come in a layer.
type rates struct {
	bytes [maxTemporal]int // since began
	began time.Time

	last atomic.Int64              // when something came, in Unix nanoseconds
	bps  [maxTemporal]atomic.Int64 // up to and including each temporal layer
	top  atomic.Int32              // the highest temporal layer that was seen
}

// add counts a packet. One goroutine calls it.
func (r *rates) add(temporal uint8, n int, now time.Time) {
	r.last.Store(now.UnixNano())
	temporal = min(temporal, maxTemporal-1)
	r.bytes[temporal] += n
	if int32(temporal) > r.top.Load() {
		r.top.Store(int32(temporal))
	}
	if r.began.IsZero() {
		r.began = now
	}
	passed := now.Sub(r.began)
	if passed < measureEvery {
		return
	}
	sum := 0
	for i := range r.bytes {
		sum += r.bytes[i]
		r.bps[i].Store(int64(float64(sum) * 8 / passed.Seconds()))
		r.bytes[i] = 0
	}
	r.began = now
}

// silent is true when nothing has come of late.
func (r *rates) silent(now time.Time) bool {
	return now.UnixNano()-r.last.Load() > int64(silentAfter)
}

// choice is a layer, up to a temporal layer.
type choice struct {
	layer    *layer
	temporal uint8
}

// choose finds the most bits of layers that fit budget, or else the fewest
// there are. now is what the receiver has at this moment. A layer whose rate
// is not known yet counts as nothing.
func choose(layers []*layer, budget int, now choice, at time.Time) choice {
	var best, least choice
	bestRate, leastRate := int64(-1), int64(-1)
	for _, l := range layers {
		if l.rates.silent(at) {
			continue
		}
		for t := range uint8(l.rates.top.Load()) + 1 {
			rate := l.rates.bps[t].Load()
			needs := float64(rate)
			if now.layer != nil && (l != now.layer && rate > now.rate() || l == now.layer && t > now.temporal) {
				needs *= headroom
			}
			if needs <= float64(budget) && rate >= bestRate {
				best, bestRate = choice{l, t}, rate
			}
			if leastRate < 0 || rate < leastRate {
				least, leastRate = choice{l, t}, rate
			}
		}
	}
	if best.layer == nil {
		return least
	}
	return best
}

// rate is how many bits a second a choice takes.
func (c choice) rate() int64 { return c.layer.rates.bps[c.temporal].Load() }
