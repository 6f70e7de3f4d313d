package streams

import (
	"time"

	"github.com/causeway-rtc/causeway/encode"
)

// holdMost is how long a sink waits without pictures for the key frame of
// the rung that it changes to.
const holdMost = 500 * time.Millisecond

// Hold says that the key frame of a rung is being made of the picture of time
// t. The sinks that wait for it get no picture of their old rung from then on:
// a picture of both would show time running backwards. A source that delivers
// in the order of Wants, and all of one picture before any of the next, need
// not call it.
func (d *Demand) Hold(rung Rung, t time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.sinks {
		if k.at != nil && k.to != k.at && k.to.is(rung) {
			k.held = t
		}
	}
}

// move lets k go over to r, where it shall be, with a key frame, unless it has
// had that picture already. The caller holds mu.
func (d *Demand) move(k *Sink, r *rungDemand, c *encode.Chunk) {
	if k.to != r || k.at == r || k.video && !c.Key {
		return
	}
	if k.at != nil {
		if c.Time <= k.last {
			d.askKey(r)
			return
		}
		d.stats.Switches++
	}
	k.at, k.held, k.missed = r, 0, false
}

// withheld is true when k shall not have c, a chunk of its old rung, since it
// is about to change to another. The caller holds mu.
func (d *Demand) withheld(k *Sink, c *encode.Chunk) bool {
	if k.held == 0 || c.Time < k.held {
		return false
	}
	if c.Time-k.held < holdMost {
		k.missed = true
		return true
	}
	d.stay(k)
	return false
}

// stay lets k go on with its old rung. The caller holds mu.
func (d *Demand) stay(k *Sink) {
	if k.missed {
		k.gate()
		d.askKey(k.at)
	}
	k.held, k.missed = 0, false
}
