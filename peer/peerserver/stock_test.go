package peerserver_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/causeway-rtc/causeway/peer/peerserver"
	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// page has both versions of the stock client, and what the tests do with them.
const page = `<!doctype html><meta charset="utf-8"><title>stock</title>
<script src="/1.5.5.js"></script><script>window.v155 = Peer</script>
<script src="/1.4.7.js"></script><script>window.v147 = Peer</script>
<script>
const at = new URLSearchParams(location.search);
const options = (more) => ({host: '127.0.0.1', port: Number(at.get('port')), path: '/', secure: false, pingInterval: 1000,
	config: {iceServers: []}, ...more});
const once = (emitter, event) => new Promise((resolve, reject) => {
	emitter.on(event, resolve);
	if (event !== 'error') emitter.on('error', (e) => reject(new Error(e.type + ': ' + e.message)));
});
const peers = [];
// open resolves with a peer that is open; fail with the type of its first error.
async function open(version, id, more) {
	const peer = id === null ? new window[version](options(more)) : new window[version](id, options(more));
	peers.push(peer);
	await once(peer, 'open');
	return peer;
}
async function fail(version, id, more) {
	const peer = new window[version](id, options(more));
	peers.push(peer);
	return (await once(peer, 'error')).type;
}
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
	return video.videoWidth;
}
// talk has a and b exchange data, and returns what each got.
async function talk(a, b, serialization) {
	const incoming = once(b, 'connection');
	const there = a.connect(b.id, {serialization, reliable: true, label: 'l', metadata: {m: [1, 'é']}});
	const back = await incoming;
	await Promise.all([once(there, 'open'), back.open || once(back, 'open')]);
	const big = serialization === 'json' ? 'x'.repeat(9000) : 'x'.repeat(100000);
	const got = Promise.all([once(back, 'data'), once(there, 'data')]);
	there.send({to: b.id, big});
	back.send({to: a.id, n: -1.5, s: 'é'});
	const [first, second] = await got;
	return [first.to, first.big.length === big.length, second.to, second.n, second.s, back.metadata.m[1], back.label].join(' ');
}
async function call(a, b) {
	b.on('call', (c) => { c.answer(drawing('blue')); window.incoming = once(c, 'stream'); });
	const c = a.call(b.id, drawing('red'), {metadata: 'm'});
	const answered = await once(c, 'stream');
	return (await Promise.all([playing(answered), playing(await window.incoming)])).join(' ');
}
// lost resolves when the peer has lost the server; back asks for it until it is open again.
const lost = (peer) => new Promise((resolve) => peer.disconnected ? resolve() : peer.on('disconnected', () => resolve()));
async function back(peer) {
	while (!peer.open) {
		if (peer.disconnected && !peer.destroyed) peer.reconnect();
		await new Promise((r) => setTimeout(r, 100));
	}
	return peer.id;
}
</script>`

// stockRig is a browser with the page, and a server that can be cut off and
// started again.
type stockRig struct {
	*webtest.Browser
	t       *testing.T
	addr    string
	options peerserver.Options

	server   *peerserver.Server
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
func newStockRig(t *testing.T, o peerserver.Options) *stockRig {
	t.Helper()
	modules := peerservertest.Modules(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
	for version, folder := range map[string]string{"1.5.5": "peerjs", "1.4.7": "peerjs-1.4.7"} {
		script, err := os.ReadFile(filepath.Join(modules, folder, "dist", "peerjs.min.js"))
		if err != nil {
			t.Fatal(err)
		}
		mux.HandleFunc("/"+version+".js", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script)
		})
	}
	pages := httptest.NewServer(mux)
	t.Cleanup(pages.Close)
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
	r.server = peerserver.New(r.options)
	r.http = &http.Server{Handler: r.server}
	server, listener := r.http, r.listener
	r.serving.Go(func() { _ = server.Serve(listener) })
}

func (r *stockRig) stop() {
	_ = r.http.Close()
	_ = r.server.Close()
	r.listener.cut()
	r.serving.Wait()
}

// expect evaluates a script whose value is text.
func (r *stockRig) expect(script, want string) {
	r.t.Helper()
	var got string
	r.Eval("(async () => { try { return String(await (async () => { "+script+" })()); } catch (e) { return 'failed: ' + e.message; } })()", &got)
	if got != want {
		r.t.Errorf("%s\nreturned %s, want %s", script, got, want)
	}
}

func TestStockClientsTalk(t *testing.T) {
	r := newStockRig(t, peerserver.Options{})
	for _, pair := range [][2]string{{"v155", "v155"}, {"v147", "v147"}, {"v155", "v147"}, {"v147", "v155"}} {
		a, b := pair[0]+"-to-"+pair[1], pair[1]+"-from-"+pair[0]
		r.expect(fmt.Sprintf("window.a = await open('%s', '%s'); window.b = await open('%s', '%s'); return a.id + ' ' + b.id", pair[0], a, pair[1], b), a+" "+b)
		want := fmt.Sprintf("%s true %s -1.5 é é l", b, a)
		r.expect("return talk(a, b, 'binary')", want)
		if pair[0] == pair[1] { // the versions' JSON differs: one sends text, the other bytes
			r.expect("return talk(a, b, 'json')", want)
		}
		r.expect("return call(a, b)", "64 64")
	}
	r.expect("return (await open('v155', null)).id.length", "36")
}

func TestStockClientsAreRefused(t *testing.T) {
	r := newStockRig(t, peerserver.Options{})
	for _, version := range []string{"v155", "v147"} {
		r.expect("const p = await open('"+version+"', '"+version+"'); p.connect('nobody'); return (await once(p, 'error')).type", "peer-unavailable")
		r.expect("return fail('"+version+"', '"+version+"')", "unavailable-id")
		r.expect("return fail('"+version+"', '-not valid-')", "invalid-id")
		r.expect("return fail('"+version+"', 'other', {key: 'wrong'})", "invalid-key")
	}
}

func TestStockClientsListPeers(t *testing.T) {
	r := newStockRig(t, peerserver.Options{AllowDiscovery: true})
	list := "const p = await open('v155', '%s'); return new Promise((resolve, reject) => { p.listAllPeers(resolve); p.on('error', reject); })"
	r.expect(fmt.Sprintf(list, "one"), "one")
	r.expect(fmt.Sprintf(list, "two"), "one,two")
	closed := newStockRig(t, peerserver.Options{})
	closed.expect("const p = await open('v155', 'one'); p.listAllPeers(() => {}); return (await once(p, 'error')).type", "server-error")
}

func TestStockClientsComeBack(t *testing.T) {
	r := newStockRig(t, peerserver.Options{})
	r.expect("window.a = await open('v155', 'a'); window.b = await open('v147', 'b'); return talk(a, b, 'binary')", "b true a -1.5 é é l")
	back := func() {
		t.Helper()
		r.expect("await Promise.all([lost(a), lost(b)]); return await back(a) + await back(b)", "ab")
		r.expect("return talk(a, b, 'binary')", "b true a -1.5 é é l")
		r.expect("return talk(b, a, 'binary')", "a true b -1.5 é é l")
	}
	r.Eval("window.gone = Promise.all([lost(a), lost(b)])", nil)
	r.listener.cut() // the sockets are lost, the server is not
	r.Eval("window.gone", nil)
	back()
	r.stop()
	r.Eval("Promise.all([lost(a), lost(b)])", nil)
	r.start() // a new server, which knows nobody
	back()
	if st := r.server.Stats(); st.Peers != 2 {
		t.Errorf("%+v", st)
	}
}
