package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/backends"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/injectors"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/broker"
	"github.com/causeway-rtc/causeway/streams"
	"github.com/causeway-rtc/causeway/web"
)

const help = `share lets others see this machine's desktop in a browser, and one of them at a
time use its keyboard and mouse: at first whoever came first.

  share               share $DISPLAY
  share --pattern     share a test picture, which needs no display

It prints a URL for your guests; the part behind # is the secret that lets them
in. Then type

  give NAME           to let another viewer control; the start of the name is enough
  take                to let nobody control
  list                to see who watches

End it with Ctrl-C.

Flags:
`

func main() {
	flags := flag.NewFlagSet("share", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:8480", "serve on this address; beyond this machine HTTP is not secret")
	pattern := flags.Bool("pattern", false, "share a test picture in place of the desktop")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), help)
		flags.PrintDefaults()
	}
	_ = flags.Parse(os.Args[1:]) // it exits when they are wrong
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := share(ctx, *listen, *pattern); err != nil {
		fmt.Fprintln(os.Stderr, "share:", err)
		os.Exit(1)
	}
}

// share serves until ctx is done. What it started has ended when it returns.
func share(ctx context.Context, listen string, pattern bool) error {
	// One port carries the page, the signalling and the media.
	port, err := peer.Listen(listen, nil)
	if err != nil {
		return fmt.Errorf("%w\nchoose another address with --listen", err)
	}
	defer port.Close()
	exchange := broker.New(broker.Options{})
	defer exchange.Close()
	conn, err := exchange.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()

	desktop, err := capturing(ctx, pattern)
	if err != nil {
		return err
	}
	defer desktop.close()
	token := auth.NewToken()
	host, err := peer.New(peer.Options{
		ID: "desktop", Signal: conn, Port: port,
		Verify: peer.VerifyToken(auth.NewGuard(token, auth.Options{})),
	})
	if err != nil {
		return err
	}
	shared, err := host.Publish(desktop.Stream, peer.PublishOptions{})
	if err != nil {
		return err
	}
	floor := newFloor(host, shared, os.Stdout)

	mux := http.NewServeMux()
	mux.Handle("/ws", exchange)
	mux.Handle("/", web.Handler(web.Options{HostID: host.ID()}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer server.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // host.Run says goodbye, while the exchange still is there
	failed := make(chan error, 2)
	wg.Go(func() { failed <- server.Serve(port.HTTP()) })
	wg.Go(func() { failed <- host.Run(ctx) })

	select {
	case <-host.Ready(): // from now on it is found
	case err := <-failed:
		return err
	}
	fmt.Printf("Your guests open this: http://%s/#token=%s\n", port.Addr(), string(token))
	typed := lines(os.Stdin)
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-floor.changed:
			floor.update()
		case line := <-typed:
			floor.command(line)
		}
	}
}

// desktop is the stream, and what it injects into.
type desktop struct {
	*streams.Stream
	injector input.Injector // nil when viewers can only watch
}

// capturing makes the stream of the desktop. Nothing is captured until
// somebody watches.
func capturing(ctx context.Context, pattern bool) (*desktop, error) {
	backend := "auto"
	if pattern {
		backend = "pattern"
	}
	// To try it now is to tell its user here what is wrong, and not each guest
	// in the picture's place.
	source, backend, err := capture.Open(ctx, backends.All, backend, capture.Options{})
	if err != nil {
		return nil, fmt.Errorf("%w\nset DISPLAY, or try --pattern", err)
	}
	if err := source.Close(); err != nil {
		return nil, err
	}
	d := &desktop{}
	o := streams.Options{Name: "desktop", Tracks: []*streams.Track{
		streams.NewTrack("desktop", streams.NewVideo(streams.VideoOptions{
			Backends: backends.All, Backend: backend,
			Codecs: []encode.Codec{encode.H264, encode.VP8}, Encoders: codecs.All,
		})),
	}}
	if !pattern {
		if d.injector, _, err = input.Open(ctx, injectors.All, "auto", input.Options{}); err != nil {
			fmt.Fprintln(os.Stderr, "share: viewers can only watch:", err)
		} else {
			// Level stays at None: viewers may do what the floor gives them.
			o.Injector = input.NewDesk(d.injector)
		}
	}
	d.Stream, err = streams.New(o)
	return d, err
}

func (d *desktop) close() {
	_ = d.Stream.Close() // lets go of what viewers hold down
	if d.injector != nil {
		_ = d.injector.Close()
	}
}

// lines yields what a person types, until the process ends: a read from a
// terminal cannot be interrupted.
func lines(r io.Reader) <-chan string {
	typed := make(chan string)
	go func() {
		for s := bufio.NewScanner(r); s.Scan(); {
			typed <- s.Text()
		}
	}()
	return typed
}
