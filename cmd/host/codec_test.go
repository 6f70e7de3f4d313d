package main

import (
	"slices"
	"testing"
)

func TestCodecsOfferedAreThosePreferred(t *testing.T) {
	for prefer, want := range map[string][]string{
		"balance":   {"h264-444", "h264", "vp8"},
		"latency":   {"h264", "vp8"},
		"sharpness": {"h264-444", "av1-444", "h264", "av1", "vp9", "vp8"},
		"bandwidth": {"av1", "vp9", "h264-444", "h264", "vp8"},
		"cpu":       {"h264", "vp8"},
	} {
		h := &host{c: config{codec: "auto", encoder: "auto", prefer: prefer}}
		var got []string
		for _, codec := range h.offered(2) {
			got = append(got, codec.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("--prefer %s: %v, want %v", prefer, got, want)
		}
		h.c.codec = "vp9"
		if got := h.offered(2); len(got) != 1 || got[0].Name != "vp9" {
			t.Errorf("--prefer %s --codec vp9: %v", prefer, got)
		}
	}
}

func TestCodecsOfferedSuitTheProcessors(t *testing.T) {
	for _, c := range []struct {
		codec, encoder string
		processors     int
		want           []string
	}{
		{"auto", "auto", 2, []string{"h264-444", "h264", "vp8"}},
		{"auto", "auto", 4, []string{"h264-444", "h264", "vp9", "vp8"}},
		{"auto", "auto", 8, []string{"h264-444", "h264", "av1-444", "av1", "vp9", "vp8"}},
		{"av1", "auto", 2, []string{"av1"}},
		{"vp9", "auto", 1, []string{"vp9"}},
		{"auto", "aom", 2, []string{"av1"}},
		{"auto", "aom-444", 2, []string{"av1-444"}},
		{"auto", "vpx", 8, []string{"vp8"}},
	} {
		h := &host{c: config{codec: c.codec, encoder: c.encoder}}
		var got []string
		for _, codec := range h.offered(c.processors) {
			got = append(got, codec.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("--codec %s --encoder %s on %d processors: %v, want %v", c.codec, c.encoder, c.processors, got, c.want)
		}
	}
}
