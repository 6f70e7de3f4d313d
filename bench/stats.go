package bench

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Summary describes a set of numbers by its order statistics.
type Summary struct {
	N      int     `json:"n"`
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
}

// Summarize describes values, which it leaves as they are.
func Summarize(values []float64) Summary {
	if len(values) == 0 {
		return Summary{}
	}
	s := sortedCopy(values)
	return Summary{N: len(s), Min: s[0], Median: Quantile(s, 0.5), P95: Quantile(s, 0.95), Max: s[len(s)-1]}
}

func sortedCopy(values []float64) []float64 { return slices.Sorted(slices.Values(values)) }

// Single describes one number.
func Single(v float64) Summary { return Summarize([]float64{v}) }

// Quantile is the smallest of sorted, which must not be empty, that is not
// exceeded by a share q of all: the nearest rank, never an interpolation.
func Quantile(sorted []float64, q float64) float64 {
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Gaps are the times between neighbours of at, in milliseconds.
func Gaps(at []time.Duration) []float64 {
	var gaps []float64
	for i := 1; i < len(at); i++ {
		gaps = append(gaps, Milliseconds(at[i]-at[i-1]))
	}
	return gaps
}

// Milliseconds is d as a number.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Target bounds a measured [Summary]. A field of zero bounds nothing.
type Target struct {
	// Median, P95 and Max are upper limits.
	Median, P95, Max float64
	// AtLeast is a lower limit of the median.
	AtLeast float64
}

// Met tells whether s keeps every bound. Nothing measured keeps none.
func (t Target) Met(s Summary) bool {
	over := func(v, limit float64) bool { return limit > 0 && v > limit }
	return s.N > 0 && !over(s.Median, t.Median) && !over(s.P95, t.P95) && !over(s.Max, t.Max) && s.Median >= t.AtLeast
}

// String is the target as a table shows it: "≤ 9 / 15 / –" stands for median,
// p95 and maximum.
func (t Target) String() string {
	limit := func(v float64) string {
		if v == 0 {
			return "–"
		}
		return fmt.Sprintf("%g", v)
	}
	switch {
	case t == Target{}:
		return ""
	case t.AtLeast > 0:
		return fmt.Sprintf("≥ %g", t.AtLeast)
	case t.P95 == 0 && t.Max == 0:
		return fmt.Sprintf("≤ %g", t.Median)
	}
	return fmt.Sprintf("≤ %s / %s / %s", limit(t.Median), limit(t.P95), limit(t.Max))
}
