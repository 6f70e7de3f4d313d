package bench

import "time"

// Draw is one picture that an application drew.
type Draw struct {
	// Seq numbers the pictures; [CodeOf] it is in the picture.
	Seq int
	// Cause is when the application learned of the event that it answers
	// with this picture; zero where there was none.
	Cause time.Duration
	// Issued is the moment before the request went to the X server, Drawn
	// the one after the server said that the pixels are there.
	Issued, Drawn time.Duration
}

// Sighting is a change of what the probe sees.
type Sighting struct {
	Code Code
	// At is the first moment at which the code was seen.
	At time.Duration
}

// Press is one key pressed on the viewer's display.
type Press struct {
	// At is the moment before the request went to the X server.
	At time.Duration
}

// Shown is a picture that was drawn and seen.
type Shown struct {
	Draw
	Photon time.Duration
}

// JoinDraws finds for every draw the first sighting of its code before the
// code comes round again. It returns those found, and how many never were.
// Both lists are in order of time.
func JoinDraws(draws []Draw, sightings []Sighting) (shown []Shown, missed int) {
	next := 0
	for i, d := range draws {
		for next < len(sightings) && sightings[next].At < d.Issued {
			next++
		}
		deadline := time.Duration(1<<63 - 1)
		if i+Codes/2 < len(draws) {
			deadline = draws[i+Codes/2].Issued
		}
		at, found := firstSighting(sightings[next:], CodeOf(d.Seq), deadline)
		if !found {
			missed++
			continue
		}
		shown = append(shown, Shown{d, at})
	}
	return shown, missed
}

func firstSighting(sightings []Sighting, c Code, deadline time.Duration) (time.Duration, bool) {
	for _, s := range sightings {
		if s.At >= deadline {
			break
		}
		if s.Code == c {
			return s.At, true
		}
	}
	return 0, false
}

// Answer is a key press that made a picture which was seen.
type Answer struct {
	Press
	Shown
}

// JoinPresses finds for every press the picture that answered it: the first
// whose cause lies between this press and the next. It returns those found,
// and how many presses stayed without.
func JoinPresses(presses []Press, shown []Shown) (answers []Answer, missed int) {
	next := 0
	for i, p := range presses {
		for next < len(shown) && shown[next].Cause < p.At {
			next++
		}
		late := i+1 < len(presses) && next < len(shown) && shown[next].Cause >= presses[i+1].At
		if next == len(shown) || late {
			missed++
			continue
		}
		answers = append(answers, Answer{p, shown[next]})
	}
	return answers, missed
}

// Between keeps the draws issued from start until end.
func Between(draws []Draw, start, end time.Duration) []Draw {
	var kept []Draw
	for _, d := range draws {
		if d.Issued >= start && d.Issued < end {
			kept = append(kept, d)
		}
	}
	return kept
}

// PhotonTimes are the moments at which a new code was first seen from start
// until end: the viewer's frames.
func PhotonTimes(sightings []Sighting, start, end time.Duration) []time.Duration {
	var at []time.Duration
	for _, s := range sightings {
		if s.Code != NoCode && s.At >= start && s.At < end {
			at = append(at, s.At)
		}
	}
	return at
}
