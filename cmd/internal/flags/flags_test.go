package flags_test

import (
	"errors"
	"flag"
	"log/slog"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/cmd/internal/flags"
)

// tags is a value that may be given several times.
type tags struct{ p *[]string }

func (v tags) String() string    { return "" }
func (v tags) Separator() string { return "," }
func (v tags) Set(s string) error {
	if s == "" {
		return errors.New("allowed is a word")
	}
	*v.p = append(*v.p, s)
	return nil
}

// settings are one of each kind.
type settings struct {
	name, mode string
	loud       bool
	count      int
	log        slog.Level
	tags       []string
}

func (s *settings) options() []flags.Option {
	return []flags.Option{
		{Name: "name", Short: "n", Arg: "NAME", Help: "a name", Value: flags.Text(&s.name), Also: "NAME"},
		{Name: "mode", Arg: "MODE", Help: "fast or slow", Value: flags.Choice(&s.mode, "fast", "slow")},
		{Name: "loud", Help: "be loud\nor not", Value: flags.Bool(&s.loud)},
		{Name: "count", Arg: "N", Help: "how many", Value: flags.Number(&s.count, 1, 9)},
		{Name: "log-level", Arg: "LEVEL", Help: "how much", Value: flags.Level(&s.log)},
		{Name: "tag", Arg: "TAG", Help: "a tag", Value: tags{&s.tags}},
	}
}

func parse(env map[string]string, args ...string) (settings, []string, error) {
	var s settings
	rest, err := flags.Parse("thing", s.options(), args, func(name string) string { return env[name] })
	return s, rest, err
}

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	env := map[string]string{"CAUSEWAY_COUNT": "3", "CAUSEWAY_LOG_LEVEL": "warn", "NAME": "other", "CAUSEWAY_TAG": "a,b"}
	s, rest, err := parse(env, "--count", "4", "--loud", "-n", "me", "--mode=slow", "here")
	if err != nil {
		t.Fatal(err)
	}
	if s.count != 4 || s.log != slog.LevelWarn || s.name != "me" || !s.loud || s.mode != "slow" {
		t.Errorf("got %+v", s)
	}
	if strings.Join(s.tags, " ") != "a b" || len(rest) != 1 || rest[0] != "here" {
		t.Errorf("tags %q, rest %q", s.tags, rest)
	}
	if s, _, _ := parse(env); s.name != "other" {
		t.Errorf("the other variable gave %q", s.name)
	}
}

func TestErrorsSayWhatWasMeant(t *testing.T) {
	for want, args := range map[string][]string{
		"there is no flag --cont; did you mean --count?; see thing --help":              {"--cont", "1"},
		"--count needs a value; see thing --help":                                       {"--count"},
		"-n needs a value; see thing --help":                                            {"-n"},
		"--count 12: allowed is a whole number from 1 to 9; the nearest is 9":           {"--count", "12"},
		"--count many: allowed is a whole number from 1 to 9":                           {"--count", "many"},
		"--mode fsat: allowed are fast, slow; did you mean fast?":                       {"--mode", "fsat"},
		"--loud maybe: allowed are true and false":                                      {"--loud=maybe"},
		"--log-level warning: allowed are debug, info, warn, error; did you mean warn?": {"--log-level", "warning"},
		"--tag : allowed is a word":                                                     {"--tag", ""},
	} {
		if _, _, err := parse(nil, args...); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", args, err, want)
		}
	}
	_, _, err := parse(map[string]string{"CAUSEWAY_COUNT": "0"})
	if want := `CAUSEWAY_COUNT="0": allowed is a whole number from 1 to 9; the nearest is 1`; err == nil || err.Error() != want {
		t.Errorf("from the environment: %v, want %s", err, want)
	}
	if _, _, err := parse(nil, "-h"); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

func TestHelpHasEveryFlag(t *testing.T) {
	var b strings.Builder
	flags.Print(&b, (&settings{}).options())
	for _, want := range []string{"  -n, --name NAME\n        a name\n", "  --loud\n        be loud\n        or not\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
}

func TestOrListsAsTheHelpDoes(t *testing.T) {
	if s := flags.Or([]string{"a", "b", "c"}); s != "a, b or c" {
		t.Error(s)
	}
}
