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
	"syscall"

	"github.com/causeway-rtc/causeway/cmd/internal/flags"
)

// version is set by the linker.
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends everything in order; a second one kills at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status, 2 when the
// command line is wrong.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	c, err := parseConfig(args, getenv)
	switch {
	case c.help || errors.Is(err, flag.ErrHelp):
		printHelp(stdout)
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "broker:", err)
		return 2
	case c.version:
		fmt.Fprintln(stdout, "broker", version)
		return 0
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: c.logLevel}))
	if err := serve(ctx, c, stdout, log); err != nil {
		fmt.Fprintln(stderr, "broker:", err)
		if h := hint(err); h != "" {
			fmt.Fprintln(stderr, "       ", h)
		}
		return 1
	}
	return 0
}

// hint is the next step for a person whom err stopped, or "".
func hint(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "Another program listens there: stop it, or choose another port with --port."
	case errors.Is(err, syscall.EACCES):
		return "Ports below 1024 need root: choose a higher one with --port."
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "This machine has no such address: leave out --host for all that it has."
	}
	return ""
}

// printHelp writes what broker is and what its flags do.
func printHelp(w io.Writer) {
	fmt.Fprint(w, `broker lets peers find each other: hosts and viewers of Causeway at /ws, stock
PeerJS pages as a PeerServer would, and, with --skyway-key, stock SkyWay pages
of skyway-js 4.

  broker                          serve on port 9000
  broker --port 443 --sslkey key.pem --sslcert cert.pem
                                  serve over TLS, as pages loaded over HTTPS need it

It passes on what peers say to each other before they are connected. Media go
through it in SkyWay's SFU rooms alone, by the same port over UDP or TCP. End it
with Ctrl-C.

Flags, with their defaults in parentheses:
`)
	var c config
	flags.Print(w, c.options())
	fmt.Fprint(w, `
Each flag has an environment variable, which the flag overrides: CAUSEWAY_PORT
for --port, CAUSEWAY_ALLOW_DISCOVERY for --allow_discovery, and so on. PORT and
PEERSERVER_PATH stand for --port and --path where nothing else is given.
`)
}
