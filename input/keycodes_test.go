package input

import (
	"maps"
	"os"
	"regexp"
	"strconv"
	"testing"
)

func TestKeyCodesAreTheBrowsers(t *testing.T) {
	const path = "../web/src/core/input/keycodes.ts"
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]uint16{}
	for _, m := range regexp.MustCompile(`(?m)^  (\w+): (\d+),$`).FindAllStringSubmatch(string(src), -1) {
		n, err := strconv.ParseUint(m[2], 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		theirs[m[1]] = uint16(n)
	}
	if maps.Equal(keyCodes, theirs) {
		return
	}
	for name, code := range keyCodes {
		if theirs[name] != code {
			t.Errorf("%s is %d here and %d in %s", name, code, theirs[name], path)
		}
	}
	for name, code := range theirs {
		if _, ok := keyCodes[name]; !ok {
			t.Errorf("%s (%d in %s) is missing here", name, code, path)
		}
	}
}

func TestKeyCode(t *testing.T) {
	if code, ok := KeyCode("KeyA"); code != 30 || !ok {
		t.Errorf("KeyA = %d, %v", code, ok)
	}
	if _, ok := KeyCode("keya"); ok {
		t.Error("keya is known")
	}
	seen := map[uint16]string{}
	for name, code := range keyCodes {
		if other, twice := seen[code]; twice {
			t.Errorf("%s and %s are both %d", name, other, code)
		}
		seen[code] = name
	}
}
