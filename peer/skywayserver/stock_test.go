package skywayserver

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// page has the stock client, and what the tests do with it.
const page = `<!doctype html><meta charset="utf-8"><title>stock</title>
<script src="/skyway.js"></script>
<script>
const port = Number(new URLSearchParams(location.search).get('port'));
const once = (emitter, event) => new Promise((resolve, reject) => {
	emitter.once(event, resolve);
	if (event !== 'error') emitter.once('error', (e) => reject(new Error(e.type + ': ' + e.message)));
});
// start makes a peer; opened resolves with it once it is open; fail with the type of its first error.
function start(id, key, credential) {
	const o = {key, host: '127.0.0.1', port, secure: false, turn: false, config: {iceServers: []}, credential};
	return id === null ? new Peer(o) : new Peer(id, o);
}
async function opened(id, key, credential) {
	const peer = start(id, key, credential);
	await once(peer, 'open');
	return peer;
}
async function fail(id, key, credential) { return (await once(start(id, key, credential), 'error')).type; }
function drawing(colour) {
	const canvas = document.createElement('canvas');
	canvas.width = canvas.height = 64;
	let n = 0;
	setInterval(() => {
		const c = canvas.getContext('2d');
		c.fillStyle = n++ % 2 ? colour : 'black';
		c.fillRect(0, 0, 64, 64);
	}, 40);
	return canvas.captureStream(25);
}
async function playing(stream) {
	const video = document.createElement('video');
	video.muted = true;
	video.srcObject = stream;
	document.body.append(video);
	await video.play();
	while (video.getVideoPlaybackQuality().totalVideoFrames < 5) await new Promise((r) => setTimeout(r, 20));
	video.remove();
}
// enter has a peer join a room and notes all that it is told there.
async function enter(peer, name, mode, stream) {
	const room = peer.joinRoom(name, {mode, stream});
	room.said = {peerJoin: [], peerLeave: [], data: [], stream: []};
	for (const event in room.said) room.on(event, (x) => room.said[event].push(x));
	await once(room, 'open');
	return room;
}
async function until(condition) { while (!condition()) await new Promise((r) => setTimeout(r, 20)); }
const transport = (peer) => peer.socket._io.io.engine.transport.name;
</script>`

// stockRig is a browser with the page, and a server that can be cut off and
// started again.
type stockRig struct {
	*webtest.Browser
	t       *testing.T
	addr    string
	options Options

	server   *Server
	http     *http.Server
	listener *cutListener
	serving  sync.WaitGroup
}

// cutListener knows its connections, to cut them off without a goodbye.
type cutListener struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (l *cutListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.conns = append(l.conns, c)
		l.mu.Unlock()
	}
	return c, err
}

func (l *cutListener) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
}

// newStockRig opens the page with a server of its own.
func newStockRig(t *testing.T, o Options) *stockRig {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(peerservertest.Modules(t), "skyway-js", "dist", "skyway.js"))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
	mux.HandleFunc("/skyway.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	pages := httptest.NewServer(mux) // of another origin than the server
	t.Cleanup(pages.Close)
	o.Keys = testKeys()
	r := &stockRig{t: t, addr: "127.0.0.1:0", options: o}
	r.start()
	t.Cleanup(r.stop)
	r.Browser = webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true})
	t.Cleanup(r.Close)
	_, port, err := net.SplitHostPort(r.addr)
	if err != nil {
		t.Fatal(err)
	}
	r.Open(pages.URL + "/?port=" + port)
	return r
}

// start starts the server, again on the port that it had.
func (r *stockRig) start() {
	r.t.Helper()
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.addr = l.Addr().String()
	r.listener = &cutListener{Listener: l}
	r.server = New(r.options)
	r.http = &http.Server{Handler: r.server}
	server, listener := r.http, r.listener
	r.serving.Go(func() { _ = server.Serve(listener) })
}

func (r *stockRig) stop() {
	_ = r.server.Close()
	_ = r.http.Close()
	r.listener.cut()
	r.serving.Wait()
}

// expect evaluates a script whose value is text. In it KEY and SECRET stand
// for the keys.
func (r *stockRig) expect(script, want string) {
	r.t.Helper()
	script = strings.NewReplacer("KEY", "'"+openKey+"'", "SECRET", "'"+secretKey+"'").Replace(script)
	var got string
	r.Eval("(async () => { try { return String(await (async () => { "+script+" })()); } catch (e) { return 'failed: ' + e.message; } })()", &got)
	if got != want {
		r.t.Errorf("%s\nreturned %s, want %s", script, got, want)
	}
}

// cutOff breaks connections until a peer has noticed. One that is between two
// polls does not at once.
func (r *stockRig) cutOff(peer string) {
	r.t.Helper()
	r.expect("window.broken = false; until(() => !"+peer+".open).then(() => { window.broken = true; })", "undefined")
	for broken := false; !broken; {
		r.listener.cut()
		r.Eval("window.broken", &broken)
	}
}

// gone waits until the server has no such peer. A page may know earlier.
func (r *stockRig) gone(key, id string) {
	r.t.Helper()
	eventually(r.t, id+" is gone", func() bool {
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		return r.server.members[peerID{key, id}] == nil
	})
}

// credential is JavaScript for a peer's credential that ends in so long.
func credential(id string, left time.Duration) string {
	const ttl = time.Hour
	b, _ := json.Marshal(NewCredential(secret, id, time.Now().Add(left-ttl), ttl))
	return string(b)
}

// eachTransport runs a test at polling and with the upgrade to a WebSocket.
func eachTransport(t *testing.T, test func(t *testing.T, noUpgrade bool, transport string)) {
	t.Run("polling", func(t *testing.T) { test(t, true, "polling") })
	t.Run("WebSocket", func(t *testing.T) { test(t, false, "websocket") })
}

func TestStockPagesOpen(t *testing.T) {
	eachTransport(t, func(t *testing.T, noUpgrade bool, transport string) {
		r := newStockRig(t, Options{NoUpgrade: noUpgrade})
		r.expect("window.a = await opened('a', KEY); return a.id + a.open", "atrue")
		r.expect("await until(() => transport(a) === '"+transport+"'); return (await opened(null, KEY)).id.length", "16")
		r.expect("return fail('a', KEY)", InvalidID)
		r.expect("return fail('b', '"+strings.Replace(openKey, "0", "9", 1)+"')", InvalidKey)
		r.expect("return fail('b', SECRET)", Authentication)
		r.expect("return fail('b', SECRET, "+credential("a", time.Hour)+")", Authentication)
		r.expect("return fail('b', SECRET, "+credential("b", -time.Second)+")", Authentication)
		b := credential("b", time.Hour)
		r.expect("window.b = await opened('b', SECRET, "+b+"); return b.id", "b")
		// Whoever it breaks off from comes back with its credential; nobody else does.
		settled := "await until(() => b.open && transport(b) === '" + transport + "'); return b.id"
		r.expect(settled, "b")
		r.cutOff("b")
		r.expect(settled, "b")
		r.Eval("b.socket._io.io.reconnection(false)", nil)
		r.cutOff("b")
		r.gone(secretKey, "b")
		r.expect("return fail('b', SECRET, "+b+")", Authentication)
		r.expect("return (await opened('b', SECRET, "+credential("b", 50*time.Minute)+")).id", "b")
		// A goodbye frees the id, whatever the token is.
		r.expect("await until(() => a.open); a.destroy(); return a.open", "false")
		r.gone(openKey, "a")
		r.expect("return (await opened('a', KEY)).open", "true")
	})
}

func TestStockPagesMeetInAMesh(t *testing.T) {
	eachTransport(t, func(t *testing.T, noUpgrade bool, _ string) {
		r := newStockRig(t, Options{NoUpgrade: noUpgrade})
		r.expect(`window.peers = await Promise.all(['a', 'b', 'c'].map((id) => opened(id, KEY)));
			window.rooms = [];
			for (const p of peers) rooms.push(await enter(p, 'r', 'mesh', drawing('red')));
			await until(() => rooms.every((x) => x.said.stream.length === 2));
			await Promise.all(rooms.flatMap((x) => x.said.stream).map(playing));
			return rooms.map((x) => x.said.stream.map((s) => s.peerId).sort().join('') + x.said.peerJoin.join('')).join(' ')`, "bcbc acc ab")
		r.expect(`rooms[0].send('é');
			rooms[0].send(new Uint8Array([1, 2, 255]).buffer);
			rooms[0].send({deep: [new Uint8Array([7]).buffer], n: -1.5});
			await until(() => rooms[1].said.data.length === 3 && rooms[2].said.data.length === 3);
			const [text, bytes, object] = rooms[2].said.data.map((x) => x.data);
			return [rooms[2].said.data[0].src, text, new Uint8Array(bytes), new Uint8Array(object.deep[0]), object.n, rooms[0].said.data.length].join(' ')`,
			"a é 1,2,255 7 -1.5 0")
		r.expect("rooms[0].send('x'.repeat(1e6)); await until(() => rooms[1].said.data.length === 4); return rooms[1].said.data[3].data.length", "1000000")
		r.expect(`const log = once(rooms[1], 'log'); rooms[1].getLog();
			return (await log).slice(0, 4).map((x) => JSON.parse(x)).map((x) => x.messageType + x.message.src + (x.message.data || '')).join(' ')`,
			"ROOM_USER_JOINa ROOM_USER_JOINb ROOM_USER_JOINc ROOM_DATAaé")
		r.expect("return new Promise((resolve) => peers[0].listAllPeers(resolve))", "a,b,c")
		r.expect("return peers[0].fetchPeerExists('b')", "true")
		r.expect("return peers[1].fetchPeerExists('nobody')", "false")
		r.expect("rooms[0].close(); await until(() => rooms[1].said.peerLeave.length === 1); return rooms[1].said.peerLeave[0]", "a")
		r.expect("peers[2].destroy(); await until(() => rooms[1].said.peerLeave.length === 2); return rooms[1].said.peerLeave[1]", "c")
		// A call and data without a room, and its end by force.
		r.expect(`peers[1].on('call', (c) => c.answer(drawing('blue')));
			const c = peers[0].call('b', drawing('red'));
			await playing(await once(c, 'stream'));
			return c.remoteId`, "b")
		r.expect(`const incoming = once(peers[1], 'connection');
			const here = peers[0].connect('b', {serialization: 'json', metadata: {m: 'é'}});
			const there = await incoming;
			await Promise.all([once(here, 'open'), once(there, 'open')]);
			const got = once(there, 'data'), gone = once(there, 'close');
			here.send({x: [1]});
			const value = (await got).x[0] + there.metadata.m;
			here.close(true);
			await gone;
			return value`, "1é")
		r.expect("peers[0].call('nobody', drawing('red')); return (await once(peers[0], 'error')).type", PeerUnavailable)
		r.expect("peers[0].joinRoom('s', {mode: 'sfu'}); return (await once(peers[0], 'error')).type", RoomError)
	})
}

func TestStockPagesRenewTheirCredentials(t *testing.T) {
	r := newStockRig(t, Options{ExpiryNotices: []time.Duration{3598 * time.Second, 1 * time.Second}, ReplayGuard: time.Hour})
	// The first notice comes at once, and a new credential is there for it.
	r.expect("window.a = start('a', SECRET, "+credential("a", 8*time.Second)+"); const left = await new Promise((resolve) => a.once('expiresin', resolve)); return left > 0 && left <= 8", "true")
	r.expect("window.b = await opened('b', SECRET, "+credential("b", 8*time.Second)+"); return b.open", "true")
	r.expect("window.late = once(b, 'error'); a.updateCredential("+credential("a", time.Hour)+"); return (await window.late).type", Authentication)
	r.expect("await until(() => !b.open); return a.open", "true")
	// It comes back with the new one, long after the end of the first.
	r.cutOff("a")
	r.expect("await until(() => a.open); return a.fetchPeerExists('a')", "true")
	r.expect("a.updateCredential("+credential("b", time.Hour)+"); return (await once(a, 'error')).type", Authentication)
	r.expect("await until(() => !a.open); return a.open", "false")
}

func TestStockPagesOutliveTheBroker(t *testing.T) {
	eachTransport(t, func(t *testing.T, noUpgrade bool, _ string) {
		r := newStockRig(t, Options{NoUpgrade: noUpgrade})
		r.expect("window.a = await opened('a', KEY); window.b = await opened('b', KEY); return a.id + b.id", "ab")
		r.stop()
		r.start() // a new server, which knows nobody
		r.expect("await until(() => a.open && b.open); return [a.id, b.id]", "a,b")
		eventually(t, "the peers are back", func() bool { return r.server.Stats().Peers == 2 })
		r.expect(`window.rooms = [await enter(a, 'again', 'mesh', drawing('red')), await enter(b, 'again', 'mesh', drawing('blue'))];
			await until(() => rooms.every((x) => x.said.stream.length === 1));
			await Promise.all(rooms.flatMap((x) => x.said.stream).map(playing));
			return rooms[0].said.peerJoin`, "b")
	})
}
