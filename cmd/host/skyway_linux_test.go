package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/causeway-rtc/causeway/web/webtest"
)

const skywayKey = "00000000-0000-0000-0000-00000000000a"

func skywayPage(t *testing.T) string {
	t.Helper()
	return documentedPage(t, "skyway.md", "skyway.js", "skyway-js/dist/skyway.js")
}

func TestStockSkyWayPageSeesTheDesktop(t *testing.T) {
	page := skywayPage(t)
	h := startHost(t, nil, "--skyway-key", skywayKey, "--capture", "pattern", "--fps", "20", "--inject", "none", "--audio", "off")
	b := webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true})
	t.Cleanup(b.Close)
	b.Open(page + "/?key=" + skywayKey + "#" + h.url)
	b.Wait(shown, patience)
	// Without the token there is nothing.
	origin, _ := h.origin()
	b.Open(page + "/?wrong&key=" + skywayKey + "#" + origin + "/#token=wrong")
	b.Wait(`document.title === 'the call has ended' || document.title.includes('"token"')`, patience)
	b.Wait("!document.querySelector('video').srcObject?.active", patience)
	// When the host ends, the page sees it.
	b.Open(page + "/?again&key=" + skywayKey + "#" + h.url)
	b.Wait(shown, patience)
	h.stop()
	b.Wait("document.title !== ''", patience)
}

func TestStockSkyWayPageTypes(t *testing.T) {
	page := skywayPage(t)
	d := startHostOn(t, "--skyway-key", skywayKey)
	term := d.terminal()
	b := webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true, Width: 1280, Height: 720})
	t.Cleanup(b.Close)
	b.Open(page + "/?key=" + skywayKey + "#" + d.host.url)
	b.Wait(shown, patience)
	b.Wait("peer.connections.desktop.every((c) => c.open)", patience)
	b.Click(100, 100) // into the terminal
	b.Press("Hello, {[~]}\r")
	if got, want := term.next(), "Hello, {[~]}"; got != want {
		t.Errorf("typed %q, %q arrived", want, got)
	}
}

// members is a script in which three stock peers enter a room, and see there
// the desktop and each other, if they show something.
const members = `(async () => {
	const once = (x, event) => new Promise((done, fail) => { x.once(event, done); x.once('error', (e) => fail(new Error(e.type + ': ' + e.message))); });
	const until = async (met) => { while (!met()) await new Promise((r) => setTimeout(r, 20)); };
	const playing = async (stream) => {
		const v = document.createElement('video');
		[v.muted, v.srcObject] = [true, stream];
		document.body.append(v);
		await v.play();
		await until(() => v.getVideoPlaybackQuality().totalVideoFrames >= 5);
		v.remove();
	};
	const canvas = Object.assign(document.createElement('canvas'), {width: 64, height: 64});
	const draw = canvas.getContext('2d');
	let n = 0;
	setInterval(() => { draw.fillStyle = n++ %% 2 ? 'red' : 'black'; draw.fillRect(0, 0, 64, 64); }, 40);
	window.rooms = [];
	for (const id of ['a', 'b', 'c']) {
		const p = new Peer(id, peer.options);
		await once(p, 'open');
		const room = p.joinRoom('r', {mode: '%s', stream: id === 'c' ? null : canvas.captureStream(25)});
		room.seen = {};
		room.on('stream', (s) => { room.seen[s.peerId] = s; });
		await once(room, 'open');
		rooms.push(room);
	}
	const whom = (room) => Object.keys(room.seen).sort().join(' ');
	await until(() => whom(rooms[2]) === 'a b desktop' && rooms.slice(0, 2).every((room) => room.seen.desktop));
	await Promise.all(rooms.flatMap((room) => Object.values(room.seen)).map(playing));
	return 'all seen';
})().catch((e) => String(e))`

func TestStockSkyWayPagesSeeTheDesktopInARoom(t *testing.T) {
	page := skywayPage(t)
	for _, mode := range []string{"sfu", "mesh"} {
		t.Run(mode, func(t *testing.T) {
			h := startHost(t, nil, "--skyway-key", skywayKey, "--room", "r", "--room-mode", mode,
				"--capture", "pattern", "--fps", "20", "--inject", "none", "--audio", "off")
			b := webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true, Timeout: 4 * patience})
			t.Cleanup(b.Close)
			b.Open(page + "/?key=" + skywayKey + "#" + h.url)
			b.Wait(shown, patience)
			var said string
			b.Eval(fmt.Sprintf(members, mode), &said)
			if said != "all seen" {
				t.Error(said)
			}
		})
	}
}

// What a page sends to the room, a viewer of ours watches beside the desktop.
func TestViewersWatchARoomThatIsShared(t *testing.T) {
	page := skywayPage(t)
	h := startHost(t, nil, "--skyway-key", skywayKey, "--room", "r", "--room-share",
		"--capture", "pattern", "--fps", "20", "--inject", "none", "--audio", "off")
	guest := webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true, Timeout: 4 * patience})
	t.Cleanup(guest.Close)
	guest.Open(page + "/?key=" + skywayKey + "#" + h.url)
	guest.Wait(shown, patience)
	guest.Eval(`(() => {
		const canvas = Object.assign(document.createElement('canvas'), {width: 96, height: 64});
		const draw = canvas.getContext('2d');
		let n = 0;
		setInterval(() => { draw.fillStyle = n++ % 2 ? 'red' : 'black'; draw.fillRect(0, 0, 96, 64); }, 40);
		window.room = peer.joinRoom('r', {mode: 'sfu', stream: canvas.captureStream(25)});
	})()`, nil)
	var id string
	guest.Eval("peer.id", &id)
	b := browse(t, h, webtest.Options{})
	b.Wait("[...causeway.peer.streams.values()].some((s) => (window.guest = s).info.name === 'r/"+id+"')", patience)
	b.Eval("document.body.append(guest.video)", nil)
	b.Wait("guest.video.videoWidth === 96 && guest.video.getVideoPlaybackQuality().totalVideoFrames >= 5", patience)
	guest.Eval("room.close()", nil)
	b.Wait("![...causeway.peer.streams.values()].includes(guest) && causeway.state === 'connected'", patience)
}

func TestSkyWayIsOffWithoutAKey(t *testing.T) {
	args := []string{"--capture", "pattern", "--inject", "none", "--audio", "off"}
	const exists = "/api/apikeys/" + skywayKey + "/peers/desktop/exists"
	for _, c := range []struct {
		args   []string
		origin string
		status int
	}{
		{nil, "", http.StatusNotFound},
		{[]string{"--skyway-key", skywayKey}, "https://example.org", http.StatusOK},
		{[]string{"--skyway-key", skywayKey, "--auth", "none"}, "https://example.org", http.StatusForbidden},
		{[]string{"--skyway-key", skywayKey, "--auth", "none"}, "", http.StatusOK},
	} {
		h := startHost(t, nil, append(c.args, args...)...)
		at, _ := h.origin()
		if status := statusOf(t, at+exists, c.origin); status != c.status {
			t.Errorf("%v, origin %q: %d, want %d", c.args, c.origin, status, c.status)
		}
	}
}
