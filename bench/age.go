package bench

import "time"

// ageInterval is how often the age of what a viewer sees is sampled.
const ageInterval = time.Millisecond

// Ages tells how old the picture on the viewer's screen was, in milliseconds,
// at every millisecond from start until end: the time since the application
// had drawn it. What a person sees of a game is that old on average. A mirror
// that repeats 60 pictures a second without any delay has half an interval,
// 8 ms. Both lists are in order of time. Moments before the first sighting,
// and those at which the screen had no number, do not count.
func Ages(draws []Draw, sightings []Sighting, start, end time.Duration) []float64 {
	var ages []float64
	for i, s := range sightings {
		until := end
		if i+1 < len(sightings) {
			until = min(until, sightings[i+1].At)
		}
		drawn, ok := lastDraw(draws, s)
		if !ok {
			continue
		}
		// Every sample lies on the same grid, whatever the sightings do.
		first := max(s.At, start) - start + ageInterval - 1
		for at := start + first.Truncate(ageInterval); at < until; at += ageInterval {
			ages = append(ages, Milliseconds(at-drawn))
		}
	}
	return ages
}

// lastDraw is when the picture of a sighting was drawn: the last of its code
// that had been issued by then.
func lastDraw(draws []Draw, s Sighting) (drawn time.Duration, ok bool) {
	low, high := 0, len(draws)
	for low < high {
		if middle := (low + high) / 2; draws[middle].Issued <= s.At {
			low = middle + 1
		} else {
			high = middle
		}
	}
	for i := low - 1; i >= 0 && i >= low-Codes/2; i-- {
		if CodeOf(draws[i].Seq) == s.Code {
			return draws[i].Drawn, true
		}
	}
	return 0, false
}
