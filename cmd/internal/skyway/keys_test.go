package skyway_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/cmd/internal/flags"
	"github.com/causeway-rtc/causeway/cmd/internal/skyway"
)

const (
	first  = "00000000-0000-0000-0000-00000000000a"
	second = "11111111-1111-1111-1111-11111111111b"
	third  = "22222222-2222-2222-2222-22222222222c"
)

func parse(t *testing.T, env string, args ...string) (skyway.Keys, error) {
	t.Helper()
	var keys skyway.Keys
	_, err := flags.Parse("thing", keys.Options(), args, func(name string) string {
		if name == "CAUSEWAY_SKYWAY_KEY" {
			return env
		}
		return ""
	})
	return keys, err
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKeysComeFromFlagsFilesAndTheEnvironment(t *testing.T) {
	path := write(t, "# of the shop\n\n"+second+":se:cret  list\n\t"+third+" no-sfu list\n")
	keys, err := parse(t, "", "--skyway-key", first, "--skyway-keys", path)
	if err != nil {
		t.Fatal(err)
	}
	want := skyway.Keys{first: {}, second: {Secret: "se:cret", List: true}, third: {NoSFU: true, List: true}}
	if !maps.Equal(keys, want) || keys.Open() != 2 {
		t.Errorf("read %+v", keys)
	}
	if keys, err := parse(t, first+":x, "+second); err != nil || len(keys) != 2 || keys[first].Secret != "x" {
		t.Errorf("from the environment: %+v, %v", keys, err)
	}
}

func TestWrongKeysSayWhatIsAllowed(t *testing.T) {
	for value, want := range map[string]string{
		"":                          "KEY:SECRET",
		"key":                       "looks like",
		strings.ToUpper(first):      "did you mean " + first + "?",
		first + ":":                 "leave out the colon",
		first + ":hidden lst":       "did you mean list?",
		first + ":hidden something": "list and no-sfu",
	} {
		_, err := parse(t, "", "--skyway-key", value)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", value, err, want)
		}
	}
	if _, err := parse(t, "", "--skyway-key", first, "--skyway-key", first+":x"); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a key twice: %v", err)
	}
	for text, want := range map[string]string{
		"":                         "empty",
		first + "\n\nkey:hidden\n": "line 3",
	} {
		_, err := parse(t, "", "--skyway-keys", write(t, text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("a file of %q: %v, want %q", text, err, want)
		}
	}
	if _, err := parse(t, "", "--skyway-keys", "/nowhere"); err == nil {
		t.Error("a file that is not there")
	}
}
