package capture_test

import (
	"context"
	"errors"
	"image"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
)

func TestViewTellsBothSides(t *testing.T) {
	v := capture.NewView(capture.Area{Monitor: "2"})
	chosen, seen := 0, []capture.Shown{}
	unchoose := v.Chosen(func() { chosen++ })
	unwatch := v.Watch(func(s capture.Shown) { seen = append(seen, s) })
	v.Choose(capture.Area{Window: "Notes"})
	for range 2 {
		v.Show(capture.Shown{Display: image.Pt(4, 4), Masked: true, Windows: []capture.Window{{ID: 7}}})
	}
	unchoose()
	unwatch()
	v.Choose(capture.Area{})
	v.Show(capture.Shown{})
	if chosen != 1 || len(seen) != 2 || seen[0].Masked || !seen[1].Masked {
		t.Errorf("told of %d choices and of %+v", chosen, seen)
	}
}

func TestMonitorsAreFoundByNameFirst(t *testing.T) {
	all := []capture.Monitor{{Name: "DP-1"}, {Name: "1"}, {Name: "eDP"}}
	for name, want := range map[string]string{"DP-1": "DP-1", "1": "1", "2": "1", "3": "eDP"} {
		if m, err := capture.FindMonitor(all, name); err != nil || m.Name != want {
			t.Errorf("%q is %v, %v", name, m, err)
		}
	}
	for _, name := range []string{"0", "4", "-1", "dp-1", ""} {
		if m, err := capture.FindMonitor(all, name); err == nil || !strings.Contains(err.Error(), "DP-1, 1, eDP") {
			t.Errorf("%q is %v, %v", name, m, err)
		}
	}
}

// A backend that shows all of a display is no stand-in for one that hides a
// part of it.
func TestPartsAreOpenedByThoseWhoKnowThem(t *testing.T) {
	whole := capture.Backend{Name: "whole", Open: func(context.Context, capture.Options) (capture.Source, error) { return nil, nil }}
	o := capture.Options{View: capture.NewView(capture.Area{Window: "Notes"})}
	if _, _, err := capture.Open(t.Context(), []capture.Backend{whole}, "", o); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Open = %v", err)
	}
	o.View.Choose(capture.Area{})
	if _, name, err := capture.Open(t.Context(), []capture.Backend{whole}, "", o); err != nil || name != "whole" {
		t.Errorf("Open = %q, %v", name, err)
	}
}
