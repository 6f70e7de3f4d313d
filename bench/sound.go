package bench

import (
	"math"
	"slices"
	"time"
)

// The sound that is measured is a faint hum, so that something is always sent,
// with a beep in it again and again.
const (
	soundRate    = 48000
	beepInterval = 700 * time.Millisecond
	beepLength   = 10 * time.Millisecond
	beepPeak     = 20000
	humPeak      = 60
	// heardPeak is above what a codec leaves before a beep, and below the
	// beep.
	heardPeak = 8000
)

// soundSamples is how many samples d has.
func soundSamples(d time.Duration) int { return int(d.Seconds() * soundRate) }

// beeps is sample n of the sound that is measured.
func beeps(n int) int16 {
	turn := func(hz float64) float64 { return math.Sin(2 * math.Pi * hz * float64(n) / soundRate) }
	if n%soundSamples(beepInterval) < soundSamples(beepLength) {
		return int16(beepPeak * turn(1000))
	}
	return int16(humPeak * turn(200))
}

// Tape is recorded sound. Sample 0 was played at the moment began of [Now].
type Tape struct {
	samples []int16
	began   time.Duration
}

func (t *Tape) length() time.Duration {
	return time.Duration(len(t.samples)) * time.Second / soundRate
}

// Beeps are the moments at which beeps began.
func (t *Tape) Beeps() []time.Duration {
	var heard []time.Duration
	apart := soundSamples(beepInterval / 2)
	last := -apart
	for i, v := range t.samples {
		if (v >= heardPeak || v <= -heardPeak) && i-last >= apart {
			heard = append(heard, t.began+time.Duration(i)*time.Second/soundRate)
			last = i
		}
	}
	return heard
}

// JoinBeeps finds for every beep the one that was heard of it: the first less
// than half an interval later. It returns the delays in milliseconds, and how
// many beeps stayed unheard. Both lists are in order of time.
func JoinBeeps(played, heard []time.Duration) (delays []float64, missed int) {
	for _, p := range played {
		i, _ := slices.BinarySearch(heard, p)
		if i == len(heard) || heard[i]-p > beepInterval/2 {
			missed++
			continue
		}
		delays = append(delays, Milliseconds(heard[i]-p))
	}
	return delays, missed
}
