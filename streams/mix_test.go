package streams

import (
	"slices"
	"testing"
)

func TestMixDownKeepsSidesAndDoesNotClip(t *testing.T) {
	for name, c := range map[string]struct{ six, want []int16 }{
		"left":   {[]int16{10000, 0, 0, 0, 0, 0}, []int16{5858, 0}},
		"centre": {[]int16{0, 0, 10000, 0, 0, 0}, []int16{4142, 4142}},
		"low":    {[]int16{0, 0, 0, 10000, 0, 0}, []int16{0, 0}},
		"rear":   {[]int16{0, 0, 0, 0, 0, -10000}, []int16{0, -4142}},
		"front":  {[]int16{32767, 32767, 32767, 0, 0, 0}, []int16{32767, 32767}},
		"all":    {[]int16{32767, 32767, 32767, 0, 32767, 32767}, []int16{32767, 32767}},
		"two":    {[]int16{10000, 0, 0, 0, 0, 0, 0, 10000, 0, 0, 0, 0}, []int16{5858, 0, 0, 5858}},
	} {
		if got := mixDown(nil, c.six); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v becomes %v, want %v", name, c.six, got, c.want)
		}
	}
}
