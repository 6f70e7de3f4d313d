package injectors_test

import (
	"errors"
	"testing"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/injectors"
)

func TestBackendsAreCompleteAndUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range injectors.All {
		if b.Name == "" || b.Name == "auto" || seen[b.Name] {
			t.Errorf("name %q is empty, reserved or taken", b.Name)
		}
		if b.Probe == nil || b.Open == nil {
			t.Errorf("%s is incomplete", b.Name)
		}
		seen[b.Name] = true
	}
}

func TestAnUnknownNameIsUnsupported(t *testing.T) {
	if _, _, err := input.Open(t.Context(), injectors.All, "telepathy", input.Options{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
}
