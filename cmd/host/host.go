package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/backends"
	"github.com/causeway-rtc/causeway/capture/x11"
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

// serve streams the desktop until ctx is done.
func serve(ctx context.Context, c config, getenv func(string) string, stdout io.Writer, log *slog.Logger) error {
	conf, fingerprint, err := tlsConfig(c)
	if err != nil {
		return err
	}
	port, err := peer.Listen(c.listen, log)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.listen, err)
	}
	defer port.Close()
	desk, err := openDesktop(ctx, c, getenv, log)
	if err != nil {
		return err
	}
	defer desk.close()
	h, err := newHost(c, desk, port, log)
	if err != nil {
		return err
	}
	inv := invitation{
		scheme: "http", listen: port.Addr().(*net.TCPAddr), token: string(h.token), fingerprint: fingerprint,
		room: c.room, open: c.skyway.Open(), wayland: c.width == 0 && desk.screen == nil && x11.Wayland(getenv),
	}
	if conf != nil {
		inv.scheme = "https"
	}
	return h.run(ctx, conf, func() error {
		inv.print(stdout)
		return inv.writeURL(c.urlFile)
	})
}

// host is everything between the desktop and the network.
type host struct {
	c      config
	log    *slog.Logger
	desk   *desktop
	port   *peer.Port
	token  auth.Token
	broker *broker.Broker
	inject *reopener // nil when viewers may only watch
	peer   *peer.Peer
	codecs []encode.Codec // of the desktop, best first
	peerjs *peerjsHost    // nil when it is off
	skyway *skywayHost    // nil when it is off
	ears   *hearing       // nil when nobody hears the viewers
}

func newHost(c config, desk *desktop, port *peer.Port, log *slog.Logger) (*host, error) {
	h := &host{c: c, log: log, desk: desk, port: port, token: auth.Token(c.token)}
	if h.token == "" && c.auth == "token" {
		h.token = auth.NewToken()
	}
	desktop, err := h.stream()
	if err != nil {
		return nil, err
	}
	o := peer.Options{
		ID: c.id, Port: port, Streams: []*streams.Stream{desktop}, Bitrate: c.bitrate, Log: log,
		Verify: peer.AllowAll,
	}
	guard := auth.NewGuard(h.token, auth.Options{})
	if h.token != "" {
		o.Verify = peer.VerifyToken(guard)
	}
	h.broker = broker.New(broker.Options{AllowOrigin: h.allowOrigin(), Log: log})
	if o.Signal, err = h.broker.Dial(); err != nil {
		return nil, err
	}
	if h.peer, err = peer.New(o); err != nil {
		return nil, err
	}
	if desktop.Level().Has(input.Microphone) {
		h.ears = newHearing(desktop, h.desk.microphone, log)
	}
	if h.peerjs, err = h.newPeerJS(desktop, guard); err != nil {
		return nil, err
	}
	h.skyway, err = h.newSkyWay(desktop, guard)
	return h, err
}

// stream is the desktop: its picture, its sound if that can be had, and what
// viewers may do to it.
func (h *host) stream() (*streams.Stream, error) {
	tracks, err := h.tracks()
	if err != nil {
		return nil, err
	}
	o := streams.Options{Name: "desktop", Type: streams.Desktop, Tracks: tracks}
	h.desk.shape(&o)
	if h.c.inject != "none" {
		h.inject = h.injector()
		o.Injector, o.Level = input.NewDesk(input.NewLens(h.inject, h.desk.sight, h.desk.guard)), input.All
		if h.c.microphone == "on" {
			o.Level |= input.Microphone
		}
	}
	return streams.New(o)
}

// tracks are the picture and, unless it is off or cannot be encoded, the
// sound.
func (h *host) tracks() ([]*streams.Track, error) {
	prefer, offered := h.c.preference(), h.offered(runtime.GOMAXPROCS(0))
	var encoders []encode.Backend
	var usable []encode.Codec
	var errs []error
	for _, codec := range offered {
		found, err := h.encoders(codec)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		encoders, usable = append(encoders, found...), append(usable, codec)
	}
	if usable == nil {
		return nil, errors.Join(errs...)
	}
	h.codecs = append(slices.Clone(usable), encode.Opus)
	video := streams.NewVideo(streams.VideoOptions{
		Backends: h.desk.capture(backends.All), Backend: h.c.capture,
		Capture: capture.Options{FPS: h.c.fps, View: h.desk.view, Log: h.log},
		Codecs:  usable, Encoders: encoders, FPS: h.c.fps, Bitrate: h.c.bitrate,
		Settle: prefer.settle, SharpMotion: prefer.sharp,
		Status: h.status("video"), Log: h.log,
	})
	tracks := []*streams.Track{streams.NewTrack("desktop", video)}
	if h.c.audio == "off" {
		return tracks, nil
	}
	sound, err := h.sound()
	if err != nil {
		h.log.Warn("no sound", "err", err)
		return tracks, nil
	}
	return append(tracks, sound), nil
}

// encoders are those of codec that serve, the one that was asked for first.
// Software stands by for hardware, whatever was asked for.
func (h *host) encoders(codec encode.Codec) ([]encode.Backend, error) {
	found, err := encode.Find(codecs.All, codec, h.c.encoder)
	if err != nil || !found[0].Hardware || h.c.encoder == "auto" {
		return found, err
	}
	others, _ := encode.Find(codecs.All, codec, "auto")
	return append(found, slices.DeleteFunc(others, func(b encode.Backend) bool { return b.Name == found[0].Name })...), nil
}

// offered are the codecs to offer, best first, on so many processors: what was
// asked for, or what is preferred. A codec that leaves the desktop no room is
// left out, unless it was preferred for what it saves: of 1920×1080, on two
// processors, VP9 took some 22 ms of processor time a frame, and AV1 30.
func (h *host) offered(processors int) []encode.Codec {
	prefer := h.c.preference()
	only := cmp.Or(codecOf(h.c.encoder), h.c.codec)
	if only != "auto" {
		return []encode.Codec{codecNamed(only)}
	}
	return slices.DeleteFunc(prefer.codecs, func(c encode.Codec) bool {
		switch {
		case prefer.dear:
			return false
		case c.MIMEType == encode.AV1.MIMEType:
			return processors < 8
		}
		return c.Name == encode.VP9.Name && processors < 4
	})
}

// sound is what the speakers play.
func (h *host) sound() (*streams.Track, error) {
	offered := []encode.Codec{encode.Opus}
	if h.c.speakers == surround {
		offered = []encode.Codec{encode.OpusSurround, encode.Opus}
	}
	var encoders []encode.Backend
	for _, codec := range offered {
		found, err := encode.Find(codecs.All, codec, "")
		if err != nil {
			return nil, err
		}
		encoders = append(encoders, found[0])
	}
	return streams.NewTrack("sound", streams.NewAudio(streams.AudioOptions{
		Backends: h.desk.audio(backends.Audio),
		Capture:  capture.AudioOptions{Source: strings.TrimPrefix(h.c.audio, "auto"), Channels: h.c.channels(), Log: h.log},
		Encoders: encoders, Status: h.status("audio"), Log: h.log,
	})), nil
}

// injector opens what the flags ask for at the first event, and again after
// each loss of the display.
func (h *host) injector() *reopener {
	bound := h.desk.injectors(injectors.All)
	return &reopener{
		open: func(ctx context.Context) (input.Injector, error) {
			inj, name, err := input.Open(ctx, bound, h.c.inject, input.Options{Log: h.log})
			if err == nil {
				h.log.Info("injecting", "backend", name)
			}
			return inj, err
		},
		status: h.status("input"), log: h.log,
	}
}

// status passes on to viewers what became of subject.
func (h *host) status(subject string) func(bool, string) {
	return func(ok bool, message string) { h.peer.Status(subject, ok, message) }
}

// allowOrigin lets pages of all origins in, which get nothing without the
// token. A host without one serves its own page alone: any other that its
// user opens could take the desktop.
func (h *host) allowOrigin() func(*http.Request) bool {
	if h.token == "" {
		return broker.SameOrigin
	}
	return nil
}

// handler serves the page and the signalling.
func (h *host) handler() http.Handler {
	mux := http.NewServeMux()
	signalling := http.Handler(h.broker)
	if h.token == "" {
		signalling = web.Guard(signalling)
	}
	mux.Handle("/ws", signalling)
	if h.peerjs != nil {
		h.peerjs.register(mux, h.token != "")
	}
	if h.skyway != nil {
		h.skyway.register(mux, h.token != "")
	}
	mux.Handle("/", web.Handler(web.Options{HostID: h.c.id}))
	return mux
}

// run serves until ctx is done; it calls ready once viewers may come. What it
// started has ended when it returns.
func (h *host) run(ctx context.Context, conf *tls.Config, ready func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := h.port.HTTP()
	if conf != nil {
		l = tls.NewListener(l, conf)
	}
	server := &http.Server{
		Handler: h.handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
	var wg sync.WaitGroup
	failed := make(chan error, 2)
	wg.Go(func() { h.desk.run(ctx) })
	defer h.desk.view.Watch(h.tellMissing())()
	if h.ears != nil {
		wg.Go(func() { h.ears.follow(ctx, h.peer) })
	}
	if h.peerjs != nil {
		defer h.peerjs.close()
		wg.Go(func() { h.peerjs.run(ctx) })
	}
	if h.skyway != nil {
		defer h.skyway.close()
		wg.Go(func() { h.skyway.run(ctx) })
	}
	wg.Go(func() { failed <- h.peer.Run(ctx) })
	wg.Go(func() {
		if h.peerjs != nil {
			h.peerjs.takeID(ctx) // before anybody else can
		}
		if h.skyway != nil {
			h.skyway.takeID(ctx)
		}
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	})
	var err error
	select {
	case <-h.peer.Ready(): // a viewer that is quick finds it
		err = ready()
	case <-ctx.Done():
	case err = <-failed:
	}
	if err == nil {
		select {
		case <-ctx.Done():
			h.log.Info("ending")
		case err = <-failed:
		}
	}
	// Viewers are told first, which needs the broker.
	cancel()
	if h.inject != nil {
		defer h.inject.Close()
	}
	shutdown(server, h.broker)
	wg.Wait()
	return err
}

// shutdown ends the server and the WebSockets that it has handed over.
func shutdown(server *http.Server, b *broker.Broker) {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		server.Close()
	}
	b.Close()
}
