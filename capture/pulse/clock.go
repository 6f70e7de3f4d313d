package pulse

import "time"

// The recording's form.
const (
	rate         = 48000
	frameSamples = rate / 200 // for each channel
	frameTime    = 5 * time.Millisecond
)

// clock finds out when samples were played from when they arrived.
type clock struct {
	running bool
	base    time.Duration // when sample 0 was played
	count   int64         // samples for each channel that have arrived
}

// maxSlip is how far arrivals may be off before the recording counts as
// interrupted.
const maxSlip = 100 * time.Millisecond

// arrive takes note of n samples that arrived at now, the last of which was
// played latency before.
func (c *clock) arrive(now, latency time.Duration, n int) {
	c.count += int64(n)
	base := now - latency - duration(c.count)
	slip := base - c.base
	switch {
	case !c.running || slip > maxSlip || slip < -maxSlip:
		c.base, c.running = base, true
	case slip < 0:
		// Nothing arrives too early by chance: this is closer to the truth.
		c.base += slip / 8
	default:
		// It may be late by chance, or the sound card's clock be slow.
		c.base += slip / 256
	}
}

// latency is how long ago what arrives was played.
type latency struct {
	known bool
	least time.Duration
}

// measured takes note of a measurement. It was made at any moment between two
// arrivals, until which an output plays of what it has: the least is that of
// an arrival.
func (l *latency) measured(d time.Duration) {
	d = min(max(d, -maxSlip), maxSlip)
	if !l.known || d < l.least {
		l.known, l.least = true, d
		return
	}
	l.least += (d - l.least) / 128
}

// at is when sample n was played.
func (c *clock) at(n int64) time.Duration { return c.base + duration(n) }

// duration is how long n samples take.
func duration(n int64) time.Duration {
	return time.Duration(n/rate)*time.Second + time.Duration(n%rate)*time.Second/rate
}
