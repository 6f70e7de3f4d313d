package peer

import (
	"encoding/json"
	"sync"
	"time"
)

// clockSamples is how many pongs the offset is chosen from.
const clockSamples = 16

// clock maps a host's clock to ours, by the pong with the least round trip,
// as NTP does (RFC 5905 §10). The zero value is ready.
type clock struct {
	mu      sync.Mutex
	samples [clockSamples]clockSample
	n       int
	rtp     map[string]uint32
}

type clockSample struct{ offset, rtt time.Duration }

// pong takes the answer to a ping that arrived at now.
func (c *clock) pong(p pong, now time.Duration) {
	var sent int64
	if json.Unmarshal(p.T, &sent) != nil || p.Now < 0 || p.Now > 1<<52 {
		return
	}
	rtt := now - time.Duration(sent)*time.Microsecond
	if rtt < 0 || rtt > time.Minute {
		return
	}
	host := time.Duration(p.Now) * time.Microsecond
	c.mu.Lock()
	defer c.mu.Unlock()
	c.samples[c.n%clockSamples] = clockSample{offset: host + rtt/2 - now, rtt: rtt}
	c.n++
	c.rtp = p.RTP
}

// best is the sample with the least round trip, or false before the first.
func (c *clock) best() (clockSample, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == 0 {
		return clockSample{}, false
	}
	best := c.samples[0]
	for _, s := range c.samples[1:min(c.n, clockSamples)] {
		if s.rtt < best.rtt {
			best = s
		}
	}
	return best, true
}

// captured is when, on our clock, a host captured what has the RTP timestamp
// ts of the track of that name, near now. It is false before the first pong.
func (c *clock) captured(track string, clockRate, ts uint32, now time.Duration) (time.Duration, bool) {
	best, ok := c.best()
	if !ok {
		return 0, false
	}
	c.mu.Lock()
	base, ok := c.rtp[track]
	c.mu.Unlock()
	if !ok || clockRate == 0 {
		return 0, false
	}
	// The timestamp wraps every 13 hours of video: the one nearest to now is
	// meant.
	hostNow := now + best.offset
	expected := base + uint32(hostNow.Microseconds()*int64(clockRate)/1e6)
	ago := int64(int32(expected - ts))
	return now - time.Duration(ago*1e9/int64(clockRate)), true
}

// Clock returns the remote's clock less ours, the round trip it was measured
// with, and whether it was measured yet: it is once we watch something.
func (r *Remote) Clock() (offset, rtt time.Duration, ok bool) {
	best, ok := r.clock.best()
	return best.offset, best.rtt, ok
}
