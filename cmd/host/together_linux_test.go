package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/streams"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// hostHere runs a host in this process until the test ends, and returns its URL
// and what it logs.
func hostHere(t *testing.T, args ...string) (h *host, url string, log *output) {
	t.Helper()
	c, err := parseConfig(append(args, "--listen", "127.0.0.1:0"), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	log = &output{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	port, err := peer.Listen(c.listen, logger)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	desk, err := openDesktop(ctx, c, os.Getenv, logger)
	if err != nil {
		t.Fatal(err)
	}
	if h, err = newHost(c, desk, port, logger); err != nil {
		t.Fatal(err)
	}
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- h.run(ctx, nil, func() error { close(ready); return nil }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		desk.close()
		_ = port.Close()
	})
	<-ready
	return h, fmt.Sprintf("http://%s/#token=%s", port.Addr(), string(h.token)), log
}

// give lets the viewers that a page is do this much.
func give(t *testing.T, s *streams.Stream, page string, level input.Level) {
	t.Helper()
	given := false
	for _, v := range s.Viewers() {
		if v == page || strings.HasPrefix(v, page+"/") {
			given = true
			if err := s.SetViewerLevel(v, level); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !given {
		t.Fatalf("%s is none of the viewers %v", page, s.Viewers())
	}
}

// One host, one encoder, and before it a page of each system: ours, PeerJS's,
// SkyWay's and Peerix's. Each may do what it was given.
func TestPagesOfAllSystemsWatchTogether(t *testing.T) {
	d := &desk{t: t, far: capturetest.Display(t, 1280, 720)}
	d.ask(repeatNothing)
	term := d.terminal()
	h, url, log := hostHere(t, "--display", d.far.Name(), "--audio", "off", "--fps", "10", "--bitrate", "1M", "--skyway-key", skywayKey)
	d.host = &process{t: t, url: url, log: log, done: make(chan struct{})}
	origin, token := d.host.origin()
	if err := h.peer.JoinRoom(t.Context(), "lobby", peer.JoinOptions{}); err != nil {
		t.Fatal(err)
	}
	open := func(page string) *webtest.Browser {
		b := webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true, Width: 1280, Height: 720, Timeout: 10 * patience})
		t.Cleanup(b.Close)
		b.Open(page)
		return b
	}

	ours := openPage(t, url, webtest.Options{Width: 1280, Height: 720})
	peerjs := open(peerjsPage(t) + "/#" + url)
	skyway := open(skywayPage(t) + "/?key=" + skywayKey + "#" + url)
	peerix := open(origin + "/nothing")
	client, err := os.ReadFile("../../web/testdata/peerix.js")
	if err != nil {
		t.Fatal(err)
	}
	peerix.Eval(fmt.Sprintf("(() => { %s\nwindow.guest = peerix('lobby', {metadata: {token: %q}}); })()", client, token), nil)
	peerix.Wait("guest.tracks.length > 0", patience)
	peerix.Eval(`document.body.append(Object.assign(document.createElement('video'),
		{srcObject: new MediaStream(guest.tracks), muted: true, autoplay: true}))`, nil)

	stir := func(b *webtest.Browser, condition string) {
		t.Helper()
		var met bool
		for late := time.Now().Add(patience); !met; b.Eval("!!("+condition+")", &met) {
			if time.Now().After(late) {
				t.Fatalf("never: %s", condition)
			}
			term.stir() // a desktop that stands still shows few frames
			time.Sleep(20 * time.Millisecond)
		}
	}
	for _, b := range []*webtest.Browser{peerjs, skyway, peerix} {
		stir(b, shown)
	}
	if n := strings.Count(log.String(), "msg=encoding"); n != 1 {
		t.Errorf("there are %d encoders, want one:\n%s", n, log)
	}

	stream := h.peer.Published()[0].Stream
	id := func(b *webtest.Browser) (id string) {
		b.Eval("peer.id", &id)
		return id
	}
	for _, b := range []*webtest.Browser{peerjs, skyway} {
		b.Wait("peer.connections.desktop.every((c) => c.open)", patience)
	}
	give(t, stream, id(peerjs), input.Keyboard)
	give(t, stream, id(skyway), input.Mouse)

	ours.Click(100, 100) // into the terminal
	d.host.eventually("our page's click", func() bool { x, y := d.pointer(); return x > 90 && x < 110 && y > 90 && y < 110 })
	x, y := d.pointer()
	peerjs.Click(500, 300)
	peerjs.Press("peerjs\r")
	if got := term.next(); got != "peerjs" {
		t.Errorf("%q arrived from the page that may type", got)
	}
	if nx, ny := d.pointer(); nx != x || ny != y {
		t.Errorf("the page that may type alone moved the pointer to %d,%d", nx, ny)
	}
	skyway.Press("skyway")
	skyway.Click(150, 120)
	d.host.eventually("the pointer to follow the page that may use it", func() bool { nx, ny := d.pointer(); return nx != x || ny != y })
	ours.Press("ours\r")
	if got := term.next(); got != "ours" {
		t.Errorf("%q arrived, of which the page that may use the pointer alone typed a part", got)
	}
}
