package bench

import (
	"testing"
	"time"
)

func TestSummarize(t *testing.T) {
	var hundred []float64
	for i := 100; i >= 1; i-- {
		hundred = append(hundred, float64(i))
	}
	for _, test := range []struct {
		values []float64
		want   Summary
	}{
		{nil, Summary{}},
		{[]float64{3}, Summary{1, 3, 3, 3, 3}},
		{[]float64{2, 1}, Summary{2, 1, 1, 2, 2}},
		{[]float64{5, 1, 3}, Summary{3, 1, 3, 5, 5}},
		{hundred, Summary{100, 1, 50, 95, 100}},
	} {
		if got := Summarize(test.values); got != test.want {
			t.Errorf("Summarize(%v) = %v, want %v", test.values, got, test.want)
		}
	}
	if hundred[0] != 100 {
		t.Error("Summarize sorted its argument")
	}
}

func TestGaps(t *testing.T) {
	got := Gaps([]time.Duration{time.Second, time.Second + 16*time.Millisecond, time.Second + 50*time.Millisecond})
	if len(got) != 2 || got[0] != 16 || got[1] != 34 {
		t.Errorf("gaps of 16 and 34 ms are %v", got)
	}
	if got := Gaps(make([]time.Duration, 1)); len(got) != 0 {
		t.Errorf("gaps of one moment are %v", got)
	}
}

func TestTargets(t *testing.T) {
	s := Summary{N: 9, Median: 8, P95: 14, Max: 40}
	for _, test := range []struct {
		target Target
		met    bool
		text   string
	}{
		{Target{}, true, ""},
		{Target{Median: 9, P95: 15}, true, "≤ 9 / 15 / –"},
		{Target{Median: 9, P95: 13}, false, "≤ 9 / 13 / –"},
		{Target{P95: 20, Max: 36}, false, "≤ – / 20 / 36"},
		{Target{Median: 8}, true, "≤ 8"},
		{Target{AtLeast: 57.5}, false, "≥ 57.5"},
	} {
		if got := test.target.Met(s); got != test.met {
			t.Errorf("%v met by %v is %v", test.target, s, got)
		}
		if got := test.target.String(); got != test.text {
			t.Errorf("target is written %q, want %q", got, test.text)
		}
		if test.target.Met(Summary{}) {
			t.Errorf("%v is met by nothing", test.target)
		}
	}
}
