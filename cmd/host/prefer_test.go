package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestPreferenceFillsInWhatWasNotSaid(t *testing.T) {
	for args, want := range map[string][2]int{
		"":                                {60, 8_000_000},
		"--prefer cpu":                    {30, 4_000_000},
		"--prefer bandwidth --fps 60":     {60, 3_000_000},
		"--bitrate 2M --prefer sharpness": {60, 2_000_000},
		"--prefer latency --fps 144 --bitrate 5M": {144, 5_000_000},
	} {
		c, err := parseConfig(strings.Fields(args), environment())
		if err != nil {
			t.Fatal(err)
		}
		if c.fps != want[0] || c.bitrate != want[1] {
			t.Errorf("host %s: %d fps and %d bit/s, want %v", args, c.fps, c.bitrate, want)
		}
	}
}

// The table in the README is what a person reads to choose.
func TestReadmeSaysWhatPreferencesDo(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range preferences() {
		_, row, found := strings.Cut(string(readme), "\n| `"+p.name+"` |")
		row, _, _ = strings.Cut(row, "\n")
		for _, want := range []string{codecsOf(p), fmt.Sprintf("| %d fps, %dM |", p.fps, p.bitrate/1_000_000)} {
			if !found || !strings.Contains(row, want) {
				t.Errorf("the README's row for %s has no %q:%s", p.name, want, row)
			}
		}
	}
}

// codecsOf is how the README lists codecs.
func codecsOf(p preference) string {
	var names []string
	for _, c := range p.codecs {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}
