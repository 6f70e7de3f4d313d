package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/encode/opus"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/broker"
	"github.com/causeway-rtc/causeway/streams"
	"github.com/causeway-rtc/causeway/web"
)

const help = `render draws a turning ring and streams it, with a tone that follows it, to
browsers. It needs no display. It prints a URL; open it, and

  drag, or press the arrow keys    to turn the ring
  turn the wheel                   to come nearer
  press the space bar              to stop it, and to let it go on

End it with Ctrl-C.

Flags:
`

const (
	width, height = 960, 540
	fps           = 60
)

func main() {
	flags := flag.NewFlagSet("render", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:8490", "serve on this address")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), help)
		flags.PrintDefaults()
	}
	_ = flags.Parse(os.Args[1:]) // it exits when they are wrong
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

// serve draws, and serves the page and the broker, until ctx is done. What it
// started has ended when it returns.
func serve(ctx context.Context, listen string) error {
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

	// Feeds take the place of a screen and of speakers.
	ring := newScene()
	pictures, sounds := streams.NewVideoFeed(), streams.NewAudioFeed()
	stream, err := streams.New(streams.Options{
		Name: "ring", Type: streams.Frames,
		Tracks: []*streams.Track{
			streams.NewTrack("picture", streams.NewVideo(streams.VideoOptions{
				Backends: []capture.Backend{pictures.Backend()}, FPS: fps,
				Codecs: []encode.Codec{encode.H264, encode.VP8}, Encoders: codecs.All,
			})),
			streams.NewTrack("sound", streams.NewAudio(streams.AudioOptions{
				Backends: []capture.AudioBackend{sounds.Backend()}, Encoders: []encode.Backend{opus.Backend},
			})),
		},
		// A scene is an input.Injector: what viewers do ends up in Inject.
		Injector: input.NewDesk(ring), Level: input.Mouse | input.Keyboard,
	})
	if err != nil {
		return err
	}
	defer stream.Close()
	host, err := peer.New(peer.Options{
		ID: "render", Signal: conn, Port: port, Streams: []*streams.Stream{stream},
		Verify: peer.AllowAll, // the ring is no secret
	})
	if err != nil {
		return err
	}

	mux := http.NewServeMux()
	mux.Handle("/ws", exchange)
	mux.Handle("/", web.Handler(web.Options{HostID: host.ID()}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer server.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // host.Run says goodbye, while the exchange still is there
	failed := make(chan error, 3)
	wg.Go(func() { failed <- server.Serve(port.HTTP()) })
	wg.Go(func() { failed <- host.Run(ctx) })
	wg.Go(func() { failed <- perform(ctx, ring, pictures, sounds) })
	select {
	case <-host.Ready(): // from now on it is found
		fmt.Printf("Open this in a browser: http://%s/\n", port.Addr())
	case err := <-failed:
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

// perform draws and plays the scene until ctx is done.
func perform(ctx context.Context, s *scene, pictures *streams.VideoFeed, sounds *streams.AudioFeed) error {
	ticker := time.NewTicker(time.Second / fps)
	defer ticker.Stop()
	canvas, voice := newCanvas(width, height), &voice{}
	for first, last := true, capture.Now(); ; first = false {
		now := capture.Now()
		view := s.advance(min(now-last, 100*time.Millisecond)) // after a pause it goes on from where it was
		if err := sounds.SubmitAudio(streams.Sound{F32: voice.sing(view, now-last)}); err != nil {
			return err
		}
		last = now
		// Nothing is drawn for nobody, but for a picture to begin with, and
		// nothing while nothing moves: then the feed has the newest.
		if first || view.moved && pictures.Watched() {
			damage := canvas.draw(view)
			if err := pictures.SubmitVideo(streams.Picture{
				Width: width, Height: height, Format: capture.BGRA, Plane: [3][]byte{canvas.pix},
				Damage: damage, Time: now,
			}); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
