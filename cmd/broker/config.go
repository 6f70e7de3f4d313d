package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
)

// config is what the flags and the environment say. The names are the
// original PeerServer's, whose users should have to learn nothing.
type config struct {
	host            string
	port            int
	key, path       string
	expireTimeout   time.Duration
	aliveTimeout    time.Duration
	concurrentLimit int
	allowDiscovery  bool
	proxied         bool
	cors            []string
	sslKey, sslCert string
	connsPerAddr    int
	logLevel        slog.Level
	version, help   bool
}

// option is one flag. Its environment variable is CAUSEWAY_ and its name in
// capitals.
type option struct {
	name, short, arg, help string
	value                  flag.Value
	also                   string // the original's variable
}

// options lists the flags in the order of the help.
func (c *config) options() []option {
	const longest = 24 * time.Hour
	return []option{
		{"port", "p", "N", "listen on this port; 0 is any free one (9000)", number{&c.port, 0, 65535}, "PORT"},
		{"host", "H", "ADDR", "listen on this address of the machine alone (all)", address{&c.host}, ""},
		{"path", "", "PATH", "serve PeerJS below this path (/)", path{&c.path}, "PEERSERVER_PATH"},
		{"key", "k", "KEY", "what PeerJS pages must give as their key (peerjs)", name{&c.key}, ""},
		{"sslkey", "", "FILE", "the private key, in PEM, to serve over TLS; needs --sslcert", file{&c.sslKey}, ""},
		{"sslcert", "", "FILE", "its certificate, in PEM; needs --sslkey", file{&c.sslCert}, ""},
		{"expire_timeout", "t", "MS", "how long a message waits for a peer that is not there (5000)", milliseconds{&c.expireTimeout, time.Millisecond, longest}, ""},
		{"alive_timeout", "", "MS", "how long a PeerJS page may be silent (60000)", milliseconds{&c.aliveTimeout, time.Second, longest}, ""},
		{"concurrent_limit", "c", "N", "how many peers there may be (5000)", number{&c.concurrentLimit, 1, 1_000_000}, ""},
		{"conns_per_addr", "", "N", "how many connections one address may have, lest one takes all (256)", number{&c.connsPerAddr, 1, 1_000_000}, ""},
		{"allow_discovery", "", "", "let PeerJS pages list the ids of all peers", boolean{&c.allowDiscovery}, ""},
		{"proxied", "", "", "believe the X-Forwarded-For of the reverse proxy in front", boolean{&c.proxied}, ""},
		{"cors", "", "ORIGIN", "let only pages of this origin connect; may be given several times (all)", origins{&c.cors}, ""},
		{"log-level", "", "LEVEL", "debug, info, warn or error (info)", level{&c.logLevel}, ""},
		{"version", "", "", "print the version and exit", boolean{&c.version}, ""},
		{"help", "h", "", "print this and exit", boolean{&c.help}, ""},
	}
}

// parseConfig reads the flags in args, which win, and the environment.
func parseConfig(args []string, getenv func(string) string) (config, error) {
	c := config{
		port: 9000, key: "peerjs", path: "/", concurrentLimit: 5000, connsPerAddr: 256,
		expireTimeout: 5 * time.Second, aliveTimeout: time.Minute,
	}
	fs := flag.NewFlagSet("broker", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	for _, o := range c.options() {
		fs.Var(o.value, o.name, o.help)
		if o.short != "" {
			fs.Var(o.value, o.short, o.help)
		}
		if err := fromEnvironment(o, getenv); err != nil {
			return c, err
		}
	}
	if err := fs.Parse(args); err != nil {
		return c, flagError(err, c.options())
	}
	if fs.NArg() > 0 {
		return c, fmt.Errorf("%q is no flag, and there are no commands: flags begin with --; a flag that is on or off is turned off by --name=false", fs.Arg(0))
	}
	return c, c.check()
}

// fromEnvironment sets o from its variable, or else from the original's. A
// list has commas.
func fromEnvironment(o option, getenv func(string) string) error {
	variable := "CAUSEWAY_" + strings.ToUpper(strings.ReplaceAll(o.name, "-", "_"))
	v := getenv(variable)
	if v == "" && o.also != "" {
		variable, v = o.also, getenv(o.also)
	}
	if v == "" {
		return nil
	}
	items := []string{v}
	if _, ok := o.value.(origins); ok {
		items = strings.Split(v, ",")
	}
	for _, item := range items {
		if err := o.value.Set(strings.TrimSpace(item)); err != nil {
			return fmt.Errorf("%s=%q: %w", variable, v, err)
		}
	}
	return nil
}

// flagError says what package flag says, with two dashes and the nearest flag.
func flagError(err error, options []option) error {
	msg := err.Error()
	if given, ok := strings.CutPrefix(msg, "flag provided but not defined: -"); ok {
		var names []string
		for _, o := range options {
			names = append(names, o.name)
		}
		return fmt.Errorf("there is no flag --%s%s; see broker --help", given, suggest(given, names, "--"))
	}
	if given, ok := strings.CutPrefix(msg, "flag needs an argument: -"); ok {
		return fmt.Errorf("%s needs a value; see broker --help", dashes(given))
	}
	for _, prefix := range []string{"invalid value ", "invalid boolean value "} {
		rest, ok := strings.CutPrefix(msg, prefix)
		if !ok {
			continue
		}
		value, rest, _ := strings.Cut(rest, " for ")
		given, why, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(rest, "flag "), "-"), ": ")
		return fmt.Errorf("%s %s: %s", dashes(given), strings.Trim(value, `"`), why)
	}
	return err
}

// dashes is a flag as people write it.
func dashes(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// check refuses what is wrong only in combination.
func (c *config) check() error {
	switch {
	case c.sslKey != "" && c.sslCert == "":
		return errors.New("--sslkey without --sslcert: TLS needs both, give the certificate as well")
	case c.sslCert != "" && c.sslKey == "":
		return errors.New("--sslcert without --sslkey: TLS needs both, give the private key as well")
	}
	for flag, file := range map[string]string{"--sslkey": c.sslKey, "--sslcert": c.sslCert} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
	}
	return nil
}
