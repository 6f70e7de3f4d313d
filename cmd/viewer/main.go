package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/causeway-rtc/causeway/cmd/internal/flags"
	"github.com/causeway-rtc/causeway/encode"
)

// version is set by the linker.
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status, 2 when the
// command line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c, err := parseConfig(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, help, flags.Or(encode.VideoNames()))
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "viewer:", err)
		return 2
	case c.version:
		fmt.Fprintln(stdout, "viewer", version)
		return 0
	}
	if c.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.duration)
		defer cancel()
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: c.level}))
	if err := watch(ctx, c, stdout, log); err != nil {
		fmt.Fprintln(stderr, "viewer:", err)
		return 1
	}
	return 0
}

const help = `viewer watches a host without a window.

  viewer [flags] URL

URL is what the host printed, with its fragment: http://127.0.0.1:8470/#token=…

Flags:
  --duration TIME     end after this time, such as 10s (never)
  --stats FORMAT      text, json or off: a line a second on standard output (text)
  --frames DIR        write each decoded picture to DIR as a PNG file
  --decode=false      receive without decoding, to load a host from a small machine
  --fingerprint SHA   trust the host's own certificate if this is its SHA-256
  --codec NAME        %s: what to ask for (auto)
  --log-level LEVEL   debug, info, warn or error (warn)
  --version           print the version and exit
`

// config is what the flags say.
type config struct {
	url         string
	duration    time.Duration
	stats       string
	frames      string
	decode      bool
	fingerprint string
	codec       string
	level       slog.Level
	version     bool
}

func parseConfig(args []string) (config, error) {
	c := config{}
	fs := flag.NewFlagSet("viewer", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.StringVar(&c.url, "url", "", "")
	fs.DurationVar(&c.duration, "duration", 0, "")
	fs.StringVar(&c.stats, "stats", "text", "")
	fs.StringVar(&c.frames, "frames", "", "")
	fs.BoolVar(&c.decode, "decode", true, "")
	fs.StringVar(&c.fingerprint, "fingerprint", "", "")
	fs.StringVar(&c.codec, "codec", "auto", "")
	fs.BoolVar(&c.version, "version", false, "")
	c.level = slog.LevelWarn
	fs.TextVar(&c.level, "log-level", c.level, "")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return c, err
		}
		return c, fmt.Errorf("%w; see viewer --help", err)
	}
	if c.url == "" && fs.NArg() > 0 {
		c.url = fs.Arg(0)
	}
	switch {
	case c.version:
	case c.url == "":
		return c, errors.New("no URL: give the one that the host printed; see viewer --help")
	case c.stats != "text" && c.stats != "json" && c.stats != "off":
		return c, fmt.Errorf("--stats %s: allowed are text, json and off", c.stats)
	case !slices.Contains(encode.VideoNames(), c.codec):
		return c, fmt.Errorf("--codec %s: allowed are %s", c.codec, strings.Join(encode.VideoNames(), ", "))
	case c.frames != "" && !c.decode:
		return c, errors.New("--frames needs pictures, which --decode=false leaves out: give one of them")
	case c.duration < 0:
		return c, fmt.Errorf("--duration %s: allowed is a time such as 10s", c.duration)
	}
	return c, nil
}
