package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// environment is a getenv of pairs.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestWrongValuesSayWhatIsAllowed(t *testing.T) {
	for _, test := range []struct {
		args string
		want []string // all of these in the message
	}{
		{"--codec h265", []string{"--codec", "h265", "auto, h264, h264-444, vp8, vp9, av1", "did you mean h264?"}},
		{"--fps 1000", []string{"--fps", "1000", "1 to 240", "nearest is 240"}},
		{"--fps fast", []string{"--fps", "fast", "1 to 240"}},
		{"--bitrate 8G", []string{"--bitrate", "8G", "such as 8M"}},
		{"--bitrate 100k", []string{"--bitrate", "100k", "nearest is 200k"}},
		{"--virtual 1280", []string{"--virtual", "1280", "WIDTHxHEIGHT"}},
		{"--virtual 9999x720", []string{"--virtual", "9999x720", "nearest is 4096x720"}},
		{"--listen 8470", []string{"--listen", "8470", "127.0.0.1:8470"}},
		{"--listen 10.0.0.1", []string{"--listen", "did you mean 10.0.0.1:8470?"}},
		{"--listen 127.0.0.1:99999", []string{"--listen", "99999", "65535"}},
		{"--listen example.org:80", []string{"--listen", "example.org", "in numbers"}},
		{"--display 0", []string{"--display", "did you mean :0?"}},
		{"--display screen", []string{"--display", "such as :0"}},
		{"--capture x12", []string{"--capture", "x12", "did you mean x11?"}},
		{"--inject xtst", []string{"--inject", "xtst", "did you mean xtest?"}},
		{"--encoder x265", []string{"--encoder", "x265", "did you mean x264?"}},
		{"--id no/slash", []string{"--id", "no/slash", "nearest is no-slash"}},
		{"--auth open", []string{"--auth", "open", "token, none"}},
		{"--log-level loud", []string{"--log-level", "loud", "debug, info, warn, error"}},
		{"--tls on", []string{"--tls", "on", "auto, off"}},
		{"--token short", []string{"too short", "8 characters"}},
		{"--token-file /nowhere/token", []string{"--token-file", "/nowhere/token"}},
		{"--display :0 --virtual 640x480", []string{"--display", "--virtual"}},
		{"--display :0 --run xterm", []string{"--run", "--display"}},
		{"--listen 0.0.0.0:8470 --auth none", []string{"--auth none", "0.0.0.0:8470", "--insecure"}},
		{"--auth none --token 12345678", []string{"--auth none", "token"}},
		{"--room r", []string{"--room", "--skyway-key"}},
		{"--room r --room-mode mash", []string{"--room-mode", "did you mean mesh?"}},
		{"--room-share", []string{"--room-share", "give the --room"}},
		{"--room r --room-mode mesh --room-share", []string{"--room-share", "leave --room-mode at sfu"}},
		{"--bitrat 8M", []string{"--bitrat", "did you mean --bitrate?"}},
		{"--fps", []string{"--fps", "needs a value"}},
		{"lst", []string{"lst", "host list"}},
	} {
		_, err := parseConfig(strings.Fields(test.args), environment())
		if err == nil {
			t.Errorf("host %s: no error", test.args)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("host %s: %q does not say %q", test.args, err, want)
			}
		}
	}
}

func TestEnvironmentMirrorsFlags(t *testing.T) {
	env := environment("CAUSEWAY_FPS", "30", "CAUSEWAY_TOKEN", "from-the-environment", "CAUSEWAY_RUN", "xterm\nxclock", "CAUSEWAY_VIRTUAL", "800x600")
	c, err := parseConfig([]string{"--fps", "50"}, env)
	if err != nil {
		t.Fatal(err)
	}
	if c.fps != 50 {
		t.Errorf("fps %d: the flag should win over the environment", c.fps)
	}
	if c.token != "from-the-environment" || len(c.run) != 2 || c.width != 800 || c.height != 600 {
		t.Errorf("the environment was not read: %+v", c)
	}
	_, err = parseConfig(nil, environment("CAUSEWAY_CODEC", "h265"))
	if err == nil || !strings.Contains(err.Error(), `CAUSEWAY_CODEC="h265"`) {
		t.Errorf("a wrong variable: %v, want its name and value", err)
	}
}

func TestEveryFlagHasHelpAndAVariable(t *testing.T) {
	var c config
	for _, o := range c.options() {
		if o.Help == "" || o.Value == nil {
			t.Errorf("--%s lacks help or value", o.Name)
		}
	}
}

func TestTokenComesFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("a long secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := parseConfig([]string{"--token-file", path}, environment())
	if err != nil || c.token != "a long secret" {
		t.Fatalf("token %q, error %v", c.token, err)
	}
}

func TestLoopbackNeedsNoInsecure(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:1", "[::1]:1", "localhost:1"} {
		if _, err := parseConfig([]string{"--listen", addr, "--auth", "none"}, environment()); err != nil {
			t.Errorf("--auth none on %s: %v", addr, err)
		}
	}
	if _, err := parseConfig([]string{"--listen", ":8470", "--auth", "none", "--insecure"}, environment()); err != nil {
		t.Errorf("--auth none --insecure: %v", err)
	}
}
