package main

import (
	"errors"
	"fmt"
	"image"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/causeway-rtc/causeway/cmd/internal/flags"
	"github.com/causeway-rtc/causeway/cmd/internal/skyway"
	"github.com/causeway-rtc/causeway/encode"
)

// config is what the flags and the environment say.
type config struct {
	listen            string
	display           string
	width, height     int // of a virtual display; zero without --virtual
	scale             float64
	fit               string
	monitor, window   string
	region            image.Rectangle
	process           int
	run               []string
	prefer            string
	fps               int // zero in a config that follows no preference yet
	bitrate           int // the same
	codec, encoder    string
	capture, inject   string
	audio             string
	speakers          string
	microphone        string
	id                string
	peerjs            string
	skyway            skyway.Keys
	room, roomMode    string
	roomShare         bool
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

// options lists the flags in the order of the help.
func (c *config) options() []flags.Option {
	all := []flags.Option{
		{Name: "listen", Arg: "ADDR:PORT", Help: "serve the page, signalling and media on this address (127.0.0.1:8470).\nUse 0.0.0.0:8470 to be reached from other machines.", Value: address{&c.listen}},
		{Name: "display", Arg: ":N", Help: "stream this X display ($DISPLAY)", Value: display{&c.display}},
		{Name: "virtual", Arg: "WxH", Help: "start a display of this size and stream that. This is what happens\nwithout any display, at 1280x720", Value: size{&c.width, &c.height}},
		{Name: "scale", Arg: "N", Help: "how much larger programs draw on a virtual display, 1 to 4, for a\nviewer whose pixels are small (1)", Value: scale{&c.scale}},
		{Name: "fit", Arg: "HOW", Help: "ask or viewer: a virtual display takes the viewer's size when it asks,\nor always (ask)", Value: flags.Choice(&c.fit, "ask", "viewer")},
		{Name: "monitor", Arg: "NAME", Help: "show this monitor, by name or number, or all; 'host list' shows them.\nViewers may choose another (all)", Value: flags.Text(&c.monitor)},
		{Name: "region", Arg: "WxH+X+Y", Help: "show this part of the display and nothing else", Value: region{&c.region}},
		{Name: "window", Arg: "ID|TITLE", Help: "show this window alone, and let viewers reach no other", Value: flags.Text(&c.window)},
		{Name: "process", Arg: "PID", Help: "show the windows of this process and its children alone", Value: flags.Number(&c.process, 2, 1<<22)},
		{Name: "run", Arg: "CMD", Help: "run this on the virtual display instead of a terminal and the\ndemonstration; may be given several times", Value: list{&c.run}},
		{Name: "prefer", Arg: "WHAT", Help: preferHelp(), Value: flags.Choice(&c.prefer, preferNames()...)},
		{Name: "fps", Arg: "N", Help: "highest frame rate, 1 to 240 (as --prefer says: 60)", Value: flags.Number(&c.fps, 1, 240)},
		{Name: "bitrate", Arg: "RATE", Help: "highest bit rate of the picture, 200k to 200M (as --prefer says: 8M)", Value: rate{&c.bitrate}},
		{Name: "codec", Arg: "NAME", Help: flags.Or(encode.VideoNames()) + "\n(auto: the first that --prefer lists and the viewer decodes)", Value: flags.Choice(&c.codec, encode.VideoNames()...)},
		{Name: "encoder", Arg: "NAME", Help: "auto or one that 'host list' shows (auto)", Value: flags.Choice(&c.encoder, encoderNames()...)},
		{Name: "capture", Arg: "NAME", Help: "auto, x11, kbinani or pattern (auto)", Value: flags.Choice(&c.capture, captureNames()...)},
		{Name: "inject", Arg: "NAME", Help: "auto, xtest, robotgo or none: what makes the viewer's keys and\npointer happen here; none lets viewers only watch (auto)", Value: flags.Choice(&c.inject, injectorNames()...)},
		{Name: "audio", Arg: "SOURCE", Help: "auto, off, or a source that 'host list' shows (auto: what the\nspeakers play)", Value: flags.Text(&c.audio)},
		{Name: "speakers", Arg: "HOW", Help: "stereo or 5.1: how the sound is sent to viewers that can play it so;\nothers get stereo (stereo)", Value: flags.Choice(&c.speakers, "stereo", surround)},
		{Name: "microphone", Arg: "HOW", Help: "on or off: let programs here record what viewers say (on)", Value: flags.Choice(&c.microphone, "on", "off")},
		{Name: "id", Arg: "PEERID", Help: "this host's name among peers: letters, digits, - and _ (desktop)", Value: ident{&c.id}},
		{Name: "peerjs", Arg: "HOW", Help: "on or off: let pages that use PeerJS call this host by its --id,\nthrough the PeerServer at /peerjs (on)", Value: flags.Choice(&c.peerjs, "on", "off")},
	}
	all = append(all, c.skyway.Options()...)
	return append(all, []flags.Option{
		{Name: "room", Arg: "NAME", Help: "join this room of every SkyWay key, and show the desktop to all in it", Value: flags.Text(&c.room)},
		{Name: "room-mode", Arg: "MODE", Help: "sfu or mesh: sfu sends once what the room forwards to all, mesh once\nto each (sfu)", Value: flags.Choice(&c.roomMode, "sfu", "mesh")},
		{Name: "room-share", Arg: "", Help: "let the host's own viewers watch what others send to the room, too", Value: flags.Bool(&c.roomShare)},
		{Name: "token", Arg: "TOKEN", Help: "the secret that viewers must know (a new random one). Other users\nof this machine can see flags: prefer --token-file or CAUSEWAY_TOKEN", Value: flags.Text(&c.token)},
		{Name: "token-file", Arg: "PATH", Help: "read the token from this file", Value: flags.Text(&c.tokenFile)},
		{Name: "auth", Arg: "HOW", Help: "token or none (token). none lets anyone in who reaches the address,\nand beyond this machine needs --insecure as well", Value: flags.Choice(&c.auth, "token", "none")},
		{Name: "insecure", Arg: "", Help: "allow --auth none on an address that others can reach, and let SkyWay\npages of other machines in without a credential where the key has no SECRET", Value: flags.Bool(&c.insecure)},
		{Name: "tls", Arg: "HOW", Help: "auto, off, or CERT,KEY: two PEM files (auto: off on loopback, else a\nself-signed certificate whose fingerprint is printed)", Value: flags.Text(&c.tls)},
		{Name: "url-file", Arg: "PATH", Help: "write the viewer's URL to this file once the host is ready", Value: flags.Text(&c.urlFile)},
		{Name: "log-level", Arg: "LEVEL", Help: "debug, info, warn or error (info)", Value: flags.Level(&c.logLevel)},
		{Name: "log-format", Arg: "FORMAT", Help: "text or json (text)", Value: flags.Choice(&c.logFormat, "text", "json")},
		{Name: "version", Arg: "", Help: "print the version and exit", Value: flags.Bool(&c.version)},
		{Name: "help", Arg: "", Help: "print this and exit", Value: flags.Bool(&c.help)},
	}...)
}

// parseConfig reads the flags in args, which win, and the environment.
func parseConfig(args []string, getenv func(string) string) (config, error) {
	c := config{
		listen: "127.0.0.1:8470", scale: 1, fit: "ask", prefer: preferences()[0].name, codec: "auto", encoder: "auto",
		capture: "auto", inject: "auto", audio: "auto", speakers: "stereo", microphone: "on", id: "desktop",
		peerjs: "on", roomMode: "sfu", auth: "token", tls: "auto", logFormat: "text",
	}
	rest, err := flags.Parse("host", c.options(), args, getenv)
	if err != nil {
		return c, err
	}
	if len(rest) > 0 {
		return c, fmt.Errorf("%q is neither a flag nor a command: the only command is 'host list', and flags begin with --", rest[0])
	}
	c.follow(c.preference())
	return c, c.check()
}

// surround is --speakers with six channels.
const surround = "5.1"

// channels is how many the sound has.
func (c *config) channels() int {
	if c.speakers == surround {
		return encode.OpusSurround.Channels
	}
	return encode.Opus.Channels
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
	if err := c.checkArea(); err != nil {
		return err
	}
	if err := c.checkSkyWay(); err != nil {
		return err
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
		return fmt.Errorf("--tls %s: allowed are auto, off, and CERT,KEY, two PEM files with a comma between%s", c.tls, flags.Suggest(c.tls, []string{"auto", "off"}, ""))
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
