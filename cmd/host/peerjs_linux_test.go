package main

import (
	"net/http"
	"testing"

	"github.com/causeway-rtc/causeway/web/webtest"
)

func peerjsPage(t *testing.T) string {
	t.Helper()
	return documentedPage(t, "peerjs.md", "peerjs.min.js", "peerjs/dist/peerjs.min.js")
}

const shown = "document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames >= 5"

func TestStockPeerJSPageSeesTheDesktop(t *testing.T) {
	page := peerjsPage(t)
	h := startHost(t, nil, "--capture", "pattern", "--fps", "20", "--inject", "none", "--audio", "off")
	b := webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true})
	t.Cleanup(b.Close)
	b.Open(page + "/#" + h.url)
	b.Wait(shown, patience)
	// Our own page is where it was.
	browse(t, h, webtest.Options{}).WaitFrames(5, patience)
	// Without the token there is nothing.
	origin, _ := h.origin()
	b.Open(page + "/?wrong#" + origin + "/#token=wrong")
	b.Wait(`document.title === 'the call has ended' || document.title.includes('"token"')`, patience)
	b.Wait("!document.querySelector('video').srcObject?.active", patience)
	// When the host ends, the page sees it.
	b.Open(page + "/?again#" + h.url)
	b.Wait(shown, patience)
	h.stop()
	b.Wait("document.title !== ''", patience)
}

func TestStockPeerJSPageTypes(t *testing.T) {
	page := peerjsPage(t)
	d := startHostOn(t)
	term := d.terminal()
	b := webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true, Width: 1280, Height: 720})
	t.Cleanup(b.Close)
	b.Open(page + "/#" + d.host.url)
	b.Wait(shown, patience)
	b.Wait("peer.connections.desktop.every((c) => c.open)", patience)
	b.Click(100, 100) // into the terminal
	b.Press("Hello, {[~]}\r")
	if got, want := term.next(), "Hello, {[~]}"; got != want {
		t.Errorf("typed %q, %q arrived", want, got)
	}
}

func TestPeerJSCanBeTurnedOff(t *testing.T) {
	h := startHost(t, nil, "--peerjs", "off", "--capture", "pattern", "--inject", "none", "--audio", "off")
	origin, _ := h.origin()
	if status := statusOf(t, origin+"/peerjs/id", ""); status != http.StatusNotFound {
		t.Errorf("the PeerServer answers %d", status)
	}
}

// Without a token, other pages must not reach the desktop.
func TestPeerServerIsForOwnPagesWithoutAToken(t *testing.T) {
	args := []string{"--capture", "pattern", "--inject", "none", "--audio", "off"}
	for _, c := range []struct {
		args   []string
		origin string
		status int
	}{
		{nil, "https://example.org", http.StatusOK},
		{[]string{"--auth", "none"}, "https://example.org", http.StatusForbidden},
		{[]string{"--auth", "none"}, "", http.StatusOK},
	} {
		h := startHost(t, nil, append(c.args, args...)...)
		at, _ := h.origin()
		if status := statusOf(t, at+"/peerjs/id", c.origin); status != c.status {
			t.Errorf("%v, origin %q: %d, want %d", c.args, c.origin, status, c.status)
		}
	}
}

func statusOf(t *testing.T, url, origin string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
