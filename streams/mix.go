package streams

import "math"

// mixDown appends six channels to dst as two: centre and rear at -3 dB on the
// sides where they belong (ITU-R BS.775 annex 4), low frequencies left out, and
// all of it lowered so that nothing that is not loud on every side at once is
// cut off.
func mixDown(dst, six []int16) []int16 {
	const whole, part = 0.5858, 0.4142 // part = whole/√2, and both make 1
	for ; len(six) >= 6; six = six[6:] {
		centre := part * float64(six[2])
		dst = append(dst,
			clip(whole*float64(six[0])+centre+part*float64(six[4])),
			clip(whole*float64(six[1])+centre+part*float64(six[5])))
	}
	return dst
}

func clip(v float64) int16 {
	return int16(math.RoundToEven(min(max(v, math.MinInt16), math.MaxInt16)))
}
