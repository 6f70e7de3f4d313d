package xtest

import (
	"slices"
	"testing"

	"github.com/causeway-rtc/causeway/input"
)

func TestWheelSavesUpNotches(t *testing.T) {
	var w wheel
	for n, c := range []struct {
		e    input.Wheel
		want []byte
	}{
		{input.Wheel{DY: 119}, nil},
		{input.Wheel{DY: 1}, []byte{wheelDown}},
		{input.Wheel{DY: 300, DX: -240}, []byte{wheelDown, wheelDown, wheelLeft, wheelLeft}}, // 60 left
		{input.Wheel{DY: -60}, nil}, // the 60 are forgotten
		{input.Wheel{DY: -60}, []byte{wheelUp}},
		{input.Wheel{DX: 60}, nil},
		{input.Wheel{DY: 5}, nil}, // leaves the other axis alone
		{input.Wheel{DX: 60}, []byte{wheelRight}},
	} {
		if got := w.turn(c.e); !slices.Equal(got, c.want) {
			t.Errorf("turn %d: clicks %v, want %v", n, got, c.want)
		}
	}
}
