package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
)

// config is what the flags and the environment say.
type config struct {
	listen            string
	display           string
	width, height     int // of a virtual display; zero without --virtual
	run               []string
	fps               int
	bitrate           int
	codec, encoder    string
	capture, inject   string
	audio             string
	id                string
	peerjs            string
	token, tokenFile  string
	auth              string
	insecure          bool
	tls               string
	urlFile           string
	logLevel          slog.Level
	logFormat         string
	version, help     bool
	certFile, keyFile string // when tls names files
}

// option is one flag. Its environment variable is CAUSEWAY_ and its name in
// capitals, with _ for -.
type option struct {
	name, arg, help string
	value           flag.Value
}

// options lists the flags in the order of the help.
func (c *config) options() []option {
	return []option{
		{"listen", "ADDR:PORT", "serve the page, signalling and media on this address (127.0.0.1:8470).\nUse 0.0.0.0:8470 to be reached from other machines.", address{&c.listen}},
		{"display", ":N", "stream this X display ($DISPLAY)", display{&c.display}},
		{"virtual", "WxH", "start a display of this size and stream that. This is what happens\nwithout any display, at 1280x720", size{&c.width, &c.height}},
		{"run", "CMD", "run this on the virtual display instead of a terminal and the\ndemonstration; may be given several times", list{&c.run}},
		{"fps", "N", "highest frame rate, 1 to 240 (60)", number{&c.fps, 1, 240}},
		{"bitrate", "RATE", "highest bit rate of the picture, 200k to 200M (8M)", rate{&c.bitrate}},
		{"codec", "NAME", "auto, h264 or vp8 (auto: whatever the viewer decodes, h264 first)", choice{&c.codec, []string{"auto", "h264", "vp8"}}},
		{"encoder", "NAME", "auto or one that 'host list' shows (auto)", choice{&c.encoder, encoderNames()}},
		{"capture", "NAME", "auto, x11, kbinani or pattern (auto)", choice{&c.capture, captureNames()}},
		{"inject", "NAME", "auto, xtest, robotgo or none: what makes the viewer's keys and\npointer happen here; none lets viewers only watch (auto)", choice{&c.inject, injectorNames()}},
		{"audio", "SOURCE", "auto, off, or a source that 'host list' shows (auto: what the\nspeakers play)", text{&c.audio}},
		{"id", "PEERID", "this host's name among peers: letters, digits, - and _ (desktop)", ident{&c.id}},
		{"peerjs", "HOW", "on or off: let pages that use PeerJS call this host by its --id,\nthrough the PeerServer at /peerjs (on)", choice{&c.peerjs, []string{"on", "off"}}},
		{"token", "TOKEN", "the secret that viewers must know (a new random one). Other users\nof this machine can see flags: prefer --token-file or CAUSEWAY_TOKEN", text{&c.token}},
		{"token-file", "PATH", "read the token from this file", text{&c.tokenFile}},
		{"auth", "HOW", "token or none (token). none lets anyone in who reaches the address,\nand beyond this machine needs --insecure as well", choice{&c.auth, []string{"token", "none"}}},
		{"insecure", "", "allow --auth none on an address that others can reach", boolean{&c.insecure}},
		{"tls", "HOW", "auto, off, or CERT,KEY: two PEM files (auto: off on loopback, else a\nself-signed certificate whose fingerprint is printed)", text{&c.tls}},
		{"url-file", "PATH", "write the viewer's URL to this file once the host is ready", text{&c.urlFile}},
		{"log-level", "LEVEL", "debug, info, warn or error (info)", level{&c.logLevel}},
		{"log-format", "FORMAT", "text or json (text)", choice{&c.logFormat, []string{"text", "json"}}},
		{"version", "", "print the version and exit", boolean{&c.version}},
		{"help", "", "print this and exit", boolean{&c.help}},
	}
}

// parseConfig reads the flags in args, which win, and the environment.
func parseConfig(args []string, getenv func(string) string) (config, error) {
	c := config{
		listen: "127.0.0.1:8470", fps: 60, bitrate: 8_000_000, codec: "auto", encoder: "auto",
		capture: "auto", inject: "auto", audio: "auto", id: "desktop", peerjs: "on", auth: "token", tls: "auto", logFormat: "text",
	}
	fs := flag.NewFlagSet("host", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	for _, o := range c.options() {
		fs.Var(o.value, o.name, o.help)
		if err := fromEnvironment(o, getenv); err != nil {
			return c, err
		}
	}
	if err := fs.Parse(args); err != nil {
		return c, flagError(err, c.options())
	}
	if fs.NArg() > 0 {
		return c, fmt.Errorf("%q is neither a flag nor a command: the only command is 'host list', and flags begin with --", fs.Arg(0))
	}
	return c, c.check()
}

// fromEnvironment sets o from its variable. A list has one item a line.
func fromEnvironment(o option, getenv func(string) string) error {
	name := "CAUSEWAY_" + strings.ToUpper(strings.ReplaceAll(o.name, "-", "_"))
	v := getenv(name)
	if v == "" {
		return nil
	}
	items := []string{v}
	if _, ok := o.value.(list); ok {
		items = strings.Split(strings.TrimSpace(v), "\n")
	}
	for _, item := range items {
		if err := o.value.Set(item); err != nil {
			return fmt.Errorf("%s=%q: %w", name, v, err)
		}
	}
	return nil
}

// flagError says what package flag says, with two dashes and the nearest flag.
func flagError(err error, options []option) error {
	msg := err.Error()
	if name, ok := strings.CutPrefix(msg, "flag provided but not defined: -"); ok {
		var names []string
		for _, o := range options {
			names = append(names, o.name)
		}
		return fmt.Errorf("there is no flag --%s%s; see host --help", name, suggest(name, names, "--"))
	}
	if name, ok := strings.CutPrefix(msg, "flag needs an argument: -"); ok {
		return fmt.Errorf("--%s needs a value; see host --help", name)
	}
	if rest, ok := strings.CutPrefix(msg, "invalid value "); ok {
		if value, rest, ok := strings.Cut(rest, " for flag -"); ok {
			name, why, _ := strings.Cut(rest, ": ")
			return fmt.Errorf("--%s %s: %s", name, strings.Trim(value, `"`), why)
		}
	}
	return err
}

// check refuses what is wrong only in combination.
func (c *config) check() error {
	if made := codecOf(c.encoder); made != "" && c.codec != "auto" && c.codec != made {
		return fmt.Errorf("--encoder %s encodes %s: leave out --codec %s, or choose another encoder", c.encoder, made, c.codec)
	}
	if c.width > 0 && c.display != "" {
		return errors.New("--display and --virtual exclude each other: give the one that you want streamed")
	}
	if len(c.run) > 0 && c.display != "" {
		return errors.New("--run starts programs on a virtual display: leave out --display, or start them on it yourself")
	}
	if c.auth == "none" && !isLoopback(c.listen) && !c.insecure {
		return fmt.Errorf("--auth none with --listen %s lets anyone who reaches this machine see and control the desktop: leave it out, or add --insecure if that is what you want", c.listen)
	}
	if c.auth == "none" && (c.token != "" || c.tokenFile != "") {
		return errors.New("--auth none and a token exclude each other: leave one out")
	}
	return errors.Join(c.readToken(), c.checkTLS())
}

// readToken fills in the token from its file.
func (c *config) readToken() error {
	if c.tokenFile != "" && c.token != "" {
		return errors.New("--token and --token-file exclude each other: leave one out")
	}
	if c.tokenFile != "" {
		b, err := os.ReadFile(c.tokenFile)
		if err != nil {
			return fmt.Errorf("--token-file: %w", err)
		}
		c.token = strings.TrimSpace(string(b))
		if c.token == "" {
			return fmt.Errorf("--token-file %s: the file is empty; put the token on its first line", c.tokenFile)
		}
	}
	if c.token != "" && len(c.token) < 8 {
		return errors.New("the token is too short: use 8 characters or more, or leave it out for a random one")
	}
	return nil
}

func (c *config) checkTLS() error {
	switch c.tls {
	case "auto", "off":
		return nil
	}
	cert, key, ok := strings.Cut(c.tls, ",")
	if !ok || cert == "" || key == "" {
		return fmt.Errorf("--tls %s: allowed are auto, off, and CERT,KEY, two PEM files with a comma between%s", c.tls, suggest(c.tls, []string{"auto", "off"}, ""))
	}
	for _, f := range []string{cert, key} {
		if _, err := os.Stat(f); err != nil {
			return fmt.Errorf("--tls: %w", err)
		}
	}
	c.certFile, c.keyFile = cert, key
	return nil
}

// isLoopback is true when only this machine can reach the address.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
