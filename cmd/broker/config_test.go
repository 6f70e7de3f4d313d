package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
	existing := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(existing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		want []string // all of these in the message
	}{
		{"--port 70000", []string{"--port", "70000", "0 to 65535", "nearest is 65535"}},
		{"-p http", []string{"-p", "http", "0 to 65535"}},
		{"--host example.org", []string{"--host", "example.org", "127.0.0.1"}},
		{"--host 127.0.0.1:9000", []string{"--host", "--port", "did you mean 127.0.0.1?"}},
		{"--expire_timeout 5s", []string{"--expire_timeout", "5s", "milliseconds", "did you mean 5000?"}},
		{"--expire_timeout 0", []string{"--expire_timeout", "nearest is 1"}},
		{"--alive_timeout soon", []string{"--alive_timeout", "soon", "1000 to 86400000"}},
		{"--concurrent_limit 0", []string{"--concurrent_limit", "nearest is 1"}},
		{"--conns_per_addr -1", []string{"--conns_per_addr", "-1", "nearest is 1"}},
		{"--key a/b", []string{"--key", "a/b", "letters, digits"}},
		{"--path /a//b", []string{"--path", "/a//b", "such as /myapp"}},
		{"--path /socket.io/", []string{"--path", "SkyWay", "/peerjs"}},
		{"--skyway-key key", []string{"--skyway-key", "KEY:SECRET"}},
		{"--skyway-keys /nowhere/keys", []string{"--skyway-keys", "/nowhere/keys"}},
		{"--path /ws", []string{"--path", "/ws", "/peerjs"}},
		{"--cors example.org", []string{"--cors", "did you mean https://example.org?"}},
		{"--cors https://example.org/page", []string{"--cors", "nearest is https://example.org"}},
		{"--allow_discovery=maybe", []string{"--allow_discovery", "maybe", "true and false"}},
		{"--allow_discovery false", []string{"false", "--name=false"}},
		{"--sslkey " + existing, []string{"--sslkey", "--sslcert", "both"}},
		{"--sslcert " + existing, []string{"--sslcert", "--sslkey", "both"}},
		{"--sslcert " + existing + " --sslkey /nowhere/key.pem", []string{"--sslkey", "/nowhere/key.pem"}},
		{"--log-level loud", []string{"--log-level", "loud", "debug, info, warn, error"}},
		{"--alow_discovery", []string{"--alow_discovery", "did you mean --allow_discovery?"}},
		{"--port", []string{"--port", "needs a value"}},
		{"serve", []string{"serve", "no flag"}},
	} {
		_, err := parseConfig(strings.Fields(test.args), environment())
		if err == nil {
			t.Errorf("broker %s: no error", test.args)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("broker %s: %q does not say %q", test.args, err, want)
			}
		}
	}
}

func TestFlagsOfTheOriginal(t *testing.T) {
	c, err := parseConfig(strings.Fields("-p 9001 -k secret -t 2000 -c 10 -H ::1 --path=/my/app --alive_timeout 30000 "+
		"--allow_discovery --proxied --cors https://a.example --cors http://b.example:8080"), environment())
	if err != nil {
		t.Fatal(err)
	}
	if c.port != 9001 || c.key != "secret" || c.expireTimeout != 2*time.Second || c.concurrentLimit != 10 || c.host != "::1" ||
		c.path != "/my/app" || c.aliveTimeout != 30*time.Second || !c.allowDiscovery || !c.proxied || len(c.cors) != 2 {
		t.Errorf("%+v", c)
	}
}

func TestEnvironmentMirrorsFlags(t *testing.T) {
	env := environment("CAUSEWAY_PORT", "1", "PORT", "2", "PEERSERVER_PATH", "/p", "CAUSEWAY_CORS", "https://a.example, https://b.example",
		"CAUSEWAY_ALLOW_DISCOVERY", "true", "CAUSEWAY_KEY", "k")
	c, err := parseConfig([]string{"--key", "flag"}, env)
	if err != nil {
		t.Fatal(err)
	}
	if c.port != 1 || c.path != "/p" || len(c.cors) != 2 || !c.allowDiscovery || c.key != "flag" {
		t.Errorf("%+v", c)
	}
	if c, err := parseConfig(nil, environment("PORT", "2")); err != nil || c.port != 2 {
		t.Errorf("PORT: %+v, %v", c, err)
	}
	_, err = parseConfig(nil, environment("PORT", "x"))
	if err == nil || !strings.Contains(err.Error(), `PORT="x"`) {
		t.Errorf("a wrong variable: %v, want its name and value", err)
	}
}

func TestEveryFlagHasHelp(t *testing.T) {
	var c config
	var help strings.Builder
	printHelp(&help)
	for _, o := range c.options() {
		if o.Help == "" || o.Value == nil || !strings.Contains(help.String(), "--"+o.Name) {
			t.Errorf("--%s lacks help or value", o.Name)
		}
	}
}
