package bench

import (
	"math"
	"testing"
	"time"
)

// taped is n seconds of beeps that began at a moment.
func taped(began time.Duration, seconds int) *Tape {
	t := &Tape{samples: make([]int16, seconds*soundRate), began: began}
	for i := range t.samples {
		t.samples[i] = beeps(i)
	}
	return t
}

func TestBeepsAreFoundWhereTheyBegan(t *testing.T) {
	heard := taped(time.Second, 3).Beeps()
	if len(heard) != 5 {
		t.Fatalf("%d beeps in 3 s: %v", len(heard), heard)
	}
	for i, at := range heard {
		// The wave needs an instant to rise.
		if off := Milliseconds(at - time.Second - time.Duration(i)*beepInterval); off < 0 || off > 0.2 {
			t.Errorf("beep %d was found %.2f ms off", i, off)
		}
	}
}

func TestDelayOfSound(t *testing.T) {
	played, heard := taped(0, 3).Beeps(), taped(30*time.Millisecond, 3).Beeps()
	delays, missed := JoinBeeps(played, heard)
	if len(delays) != 5 || missed != 0 {
		t.Fatalf("%v, %d missed", delays, missed)
	}
	for _, d := range delays {
		if math.Abs(d-30) > 0.01 {
			t.Errorf("30 ms were measured as %v", d)
		}
	}
	if delays, missed := JoinBeeps(played, heard[3:]); len(delays) != 2 || missed != 3 {
		t.Errorf("of five beeps the last two were heard: %v, %d missed", delays, missed)
	}
}
