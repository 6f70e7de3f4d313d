package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/causeway-rtc/causeway/cmd/internal/flags"
	"github.com/causeway-rtc/causeway/cmd/internal/skyway"
)

// config is what the flags and the environment say. The names are the
// original PeerServer's where it has such a flag: its users should have to
// learn nothing.
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
	skyway          skyway.Keys
	insecure        bool
	logLevel        slog.Level
	version, help   bool
}

// options lists the flags in the order of the help.
func (c *config) options() []flags.Option {
	const longest = 24 * time.Hour
	all := []flags.Option{
		{Name: "port", Short: "p", Arg: "N", Help: "listen on this port; 0 is any free one (9000)", Value: flags.Number(&c.port, 0, 65535), Also: "PORT"},
		{Name: "host", Short: "H", Arg: "ADDR", Help: "listen on this address of the machine alone (all)", Value: address{&c.host}},
		{Name: "path", Arg: "PATH", Help: "serve PeerJS below this path (/)", Value: path{&c.path}, Also: "PEERSERVER_PATH"},
		{Name: "key", Short: "k", Arg: "KEY", Help: "what PeerJS pages must give as their key (peerjs)", Value: name{&c.key}},
		{Name: "sslkey", Arg: "FILE", Help: "the private key, in PEM, to serve over TLS; needs --sslcert", Value: file{&c.sslKey}},
		{Name: "sslcert", Arg: "FILE", Help: "its certificate, in PEM; needs --sslkey", Value: file{&c.sslCert}},
		{Name: "expire_timeout", Short: "t", Arg: "MS", Help: "how long a message waits for a peer that is not there (5000)", Value: milliseconds{&c.expireTimeout, time.Millisecond, longest}},
		{Name: "alive_timeout", Arg: "MS", Help: "how long a PeerJS page may be silent (60000)", Value: milliseconds{&c.aliveTimeout, time.Second, longest}},
		{Name: "concurrent_limit", Short: "c", Arg: "N", Help: "how many peers there may be (5000)", Value: flags.Number(&c.concurrentLimit, 1, 1_000_000)},
		{Name: "conns_per_addr", Arg: "N", Help: "how many connections one address may have, lest one takes all (256)", Value: flags.Number(&c.connsPerAddr, 1, 1_000_000)},
		{Name: "allow_discovery", Help: "let PeerJS and SkyWay pages list the ids of all peers", Value: flags.Bool(&c.allowDiscovery)},
		{Name: "proxied", Help: "believe the X-Forwarded-For of the reverse proxy in front", Value: flags.Bool(&c.proxied)},
		{Name: "cors", Arg: "ORIGIN", Help: "let only pages of this origin connect; may be given several times (all)", Value: origins{&c.cors}},
	}
	all = append(all, c.skyway.Options()...)
	return append(all, []flags.Option{
		{Name: "insecure", Help: "let SkyWay pages of other machines in without a credential where the key has no SECRET", Value: flags.Bool(&c.insecure)},
		{Name: "log-level", Arg: "LEVEL", Help: "debug, info, warn or error (info)", Value: flags.Level(&c.logLevel)},
		{Name: "version", Help: "print the version and exit", Value: flags.Bool(&c.version)},
		{Name: "help", Short: "h", Help: "print this and exit", Value: flags.Bool(&c.help)},
	}...)
}

// parseConfig reads the flags in args, which win, and the environment.
func parseConfig(args []string, getenv func(string) string) (config, error) {
	c := config{
		port: 9000, key: "peerjs", path: "/", concurrentLimit: 5000, connsPerAddr: 256,
		expireTimeout: 5 * time.Second, aliveTimeout: time.Minute,
	}
	rest, err := flags.Parse("broker", c.options(), args, getenv)
	if err != nil {
		return c, err
	}
	if len(rest) > 0 {
		return c, fmt.Errorf("%q is no flag, and there are no commands: flags begin with --; a flag that is on or off is turned off by --name=false", rest[0])
	}
	return c, c.check()
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
