package pulse

import "time"

// The recording's form.
const (
	rate         = 48000
	frameSamples = rate / 100 // for each channel
	frameTime    = 10 * time.Millisecond
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

// at is when sample n was played.
func (c *clock) at(n int64) time.Duration { return c.base + duration(n) }

// duration is how long n samples take.
func duration(n int64) time.Duration {
	return time.Duration(n/rate)*time.Second + time.Duration(n%rate)*time.Second/rate
}
