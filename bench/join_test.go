package bench

import (
	"testing"
	"time"
)

const ms = time.Millisecond

func TestJoinDrawsSkipsWhatWasNeverSeen(t *testing.T) {
	var draws []Draw
	var sightings []Sighting
	for i := range 3 * Codes { // the codes come round three times
		d := Draw{Seq: firstSeq + i, Issued: time.Duration(i) * 17 * ms}
		d.Drawn = d.Issued + ms
		draws = append(draws, d)
		if i%10 != 3 {
			sightings = append(sightings, Sighting{CodeOf(d.Seq), d.Drawn + 40*ms})
		}
	}
	shown, missed := JoinDraws(draws, sightings)
	if want := (3*Codes + 6) / 10; missed != want || len(shown) != 3*Codes-want {
		t.Fatalf("%d shown and %d missed of %d, want %d missed", len(shown), missed, len(draws), want)
	}
	for _, s := range shown {
		if s.Photon-s.Drawn != 40*ms {
			t.Fatalf("picture %d took %v, want 40 ms", s.Seq, s.Photon-s.Drawn)
		}
	}
}

func TestJoinPresses(t *testing.T) {
	presses := []Press{{100 * ms}, {200 * ms}, {300 * ms}}
	shown := []Shown{
		{Draw{Seq: 1, Cause: 50 * ms}, 60 * ms}, // before the first press
		{Draw{Seq: 2, Cause: 102 * ms}, 109 * ms},
		{Draw{Seq: 3, Cause: 302 * ms}, 312 * ms}, // the second press got lost
	}
	answers, missed := JoinPresses(presses, shown)
	if missed != 1 || len(answers) != 2 {
		t.Fatalf("%d answers and %d missed, want 2 and 1", len(answers), missed)
	}
	if answers[0].Photon-answers[0].At != 9*ms || answers[1].Photon-answers[1].At != 12*ms {
		t.Errorf("answers are %v", answers)
	}
}

func TestPhotonTimes(t *testing.T) {
	got := PhotonTimes([]Sighting{{1, ms}, {NoCode, 2 * ms}, {2, 3 * ms}, {3, 9 * ms}}, 2*ms, 9*ms)
	if len(got) != 1 || got[0] != 3*ms {
		t.Errorf("photons between 2 and 9 ms are %v, want the one at 3 ms", got)
	}
	if got := Between([]Draw{{Issued: ms}, {Issued: 2 * ms}, {Issued: 3 * ms}}, 2*ms, 3*ms); len(got) != 1 {
		t.Errorf("draws between 2 and 3 ms are %v", got)
	}
}
