package input

import "testing"

func TestNotchesAreSavedUp(t *testing.T) {
	var n Notches
	for i, c := range []struct {
		e    Wheel
		x, y int
	}{
		{Wheel{DY: 119}, 0, 0},
		{Wheel{DY: 1}, 0, 1},
		{Wheel{DY: 300, DX: -240}, -2, 2}, // 60 are left
		{Wheel{DY: -60}, 0, 0},            // and forgotten
		{Wheel{DY: -60}, 0, -1},
		{Wheel{DX: 60}, 0, 0},
		{Wheel{DY: 5}, 0, 0}, // leaves the other axis alone
		{Wheel{DX: 60}, 1, 0},
		{Wheel{DX: -32768, DY: 32767}, -273, 273},
	} {
		if x, y := n.Turn(c.e); x != c.x || y != c.y {
			t.Errorf("turn %d: %d, %d; want %d, %d", i, x, y, c.x, c.y)
		}
	}
}
