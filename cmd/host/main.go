package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/causeway-rtc/causeway/encode/libav"
)

// version is set by the linker.
var version = "development"

// trial is the first argument of a host that is started to try an encoder,
// whose driver may crash it.
const trial = "try-encoder"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends everything in order; a second one kills at once.
	context.AfterFunc(ctx, stop)
	if self, err := os.Executable(); err == nil {
		libav.Isolate(self, trial)
	}
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status, 2 when the
// command line is wrong.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "demo" {
		return exit(stderr, demo(ctx))
	}
	if len(args) > 0 && args[0] == trial {
		return libav.ProbeMain(args[1:], stdout)
	}
	listing := len(args) > 0 && args[0] == "list"
	if listing {
		args = args[1:]
	}
	c, err := parseConfig(args, getenv)
	switch {
	case c.help || errors.Is(err, errHelp):
		printHelp(stdout)
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "host:", err)
		return 2
	case c.version:
		fmt.Fprintln(stdout, "host", version)
		return 0
	case listing:
		return exit(stderr, printList(ctx, stdout, c, getenv))
	}
	return exit(stderr, serve(ctx, c, getenv, stdout, newLog(c, stderr)))
}

// exit reports err, with a hint where there is one, and returns the status.
func exit(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "host:", err)
	if h := hint(err); h != "" {
		fmt.Fprintln(stderr, "     ", h)
	}
	return 1
}

// newLog is the log that the flags ask for.
func newLog(c config, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.logLevel}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
