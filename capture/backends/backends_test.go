package backends_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/backends"
)

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{"": true, "auto": true} // what a person types for the first that serves
	for _, b := range backends.All {
		if seen[b.Name] || b.Name != strings.ToLower(b.Name) {
			t.Errorf("backend %q has a name that is taken or not lower case", b.Name)
		}
		seen[b.Name] = true
		if b.Probe == nil || b.Open == nil {
			t.Errorf("backend %q cannot be probed and opened", b.Name)
		}
	}
	seen = map[string]bool{"": true}
	for _, b := range backends.Audio {
		if seen[b.Name] {
			t.Errorf("audio backend %q has a name that is taken", b.Name)
		}
		seen[b.Name] = true
		if b.Sources == nil || b.Open == nil {
			t.Errorf("audio backend %q cannot be listed and opened", b.Name)
		}
	}
}

func TestTestPictureIsNeverTakenByAccident(t *testing.T) {
	for _, b := range backends.All {
		if b.Name == "pattern" && !b.ByName {
			t.Error("the test picture is taken though nobody asked for it")
		}
	}
	s, name, err := capture.Open(t.Context(), backends.All, "pattern", capture.Options{})
	if err != nil || name != "pattern" {
		t.Fatalf("pattern opens as %q, %v", name, err)
	}
	s.Close()
	if _, _, err := capture.Open(t.Context(), backends.All, "none", capture.Options{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("an unknown name opens with %v", err)
	}
}
