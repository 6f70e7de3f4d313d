package bench

import (
	"testing"
	"time"
)

// film is n pictures drawn 10 ms apart and seen late.
func film(n int, late time.Duration) (draws []Draw, sightings []Sighting) {
	for i := range n {
		at := time.Duration(i) * 10 * time.Millisecond
		draws = append(draws, Draw{Seq: firstSeq + i, Issued: at, Drawn: at})
		sightings = append(sightings, Sighting{CodeOf(firstSeq + i), at + late})
	}
	return draws, sightings
}

func TestAPerfectMirrorIsHalfAnIntervalOld(t *testing.T) {
	draws, sightings := film(5000, 0) // codes come round again
	s := Summarize(Ages(draws, sightings, time.Second, 2*time.Second))
	if s.N != 1000 || s.Min != 0 || s.Median != 4 || s.Max != 9 {
		t.Errorf("ages %+v", s)
	}
	draws, sightings = film(5000, 25*time.Millisecond)
	if s := Summarize(Ages(draws, sightings, time.Second, 2*time.Second)); s.Median != 29 || s.Min != 25 {
		t.Errorf("25 ms later the ages are %+v", s)
	}
}

func TestAgeGrowsWhileAPictureStands(t *testing.T) {
	draws, sightings := film(300, 0)
	sightings = sightings[:101] // it freezes at 1 s
	s := Summarize(Ages(draws, sightings, time.Second, 2*time.Second))
	if s.N != 1000 || s.Max != 999 || s.Median != 499 {
		t.Errorf("a second of a frozen picture has the ages %+v", s)
	}
}

func TestWhatIsNoNumberHasNoAge(t *testing.T) {
	draws, sightings := film(200, 0)
	for i := range sightings {
		if i%2 == 1 {
			sightings[i].Code = NoCode
		}
	}
	if s := Summarize(Ages(draws, sightings, time.Second, 2*time.Second)); s.N != 500 || s.Max != 9 {
		t.Errorf("ages %+v", s)
	}
}
