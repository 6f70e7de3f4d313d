package peerjs

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/backends"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/peer/peerserver"
	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
	"github.com/causeway-rtc/causeway/streams"
	"github.com/causeway-rtc/causeway/web/webtest"
)

var versions = []string{"v155", "v147"}

// stock is a browser with both versions of the stock client, and a server that
// can be cut off and started again.
type stock struct {
	*webtest.Browser
	t    *testing.T
	addr string

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

// newStock opens the page with a server of its own.
func newStock(t *testing.T) *stock {
	t.Helper()
	r := &stock{t: t, addr: "127.0.0.1:0"}
	pages := stockPages(t)
	r.start()
	t.Cleanup(r.stop)
	r.Browser = webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true})
	t.Cleanup(r.Close)
	_, port, err := net.SplitHostPort(r.addr)
	if err != nil {
		t.Fatal(err)
	}
	r.Open(pages + "/?port=" + port)
	r.Wait("window.MsgPack", patience)
	return r
}

// stockPages serves the page, and the originals that it loads.
func stockPages(t *testing.T) string {
	t.Helper()
	modules := peerservertest.Modules(t)
	mux := http.NewServeMux()
	for path, file := range map[string]string{
		"/{$}":        filepath.Join("testdata", "stock.html"),
		"/1.5.5.js":   filepath.Join(modules, "peerjs", "dist", "peerjs.min.js"),
		"/1.4.7.js":   filepath.Join(modules, "peerjs-1.4.7", "dist", "peerjs.min.js"),
		"/msgpack.js": filepath.Join(modules, "peerjs", "dist", "serializer.msgpack.mjs"),
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			if strings.HasSuffix(path, ".js") {
				w.Header().Set("Content-Type", "text/javascript")
			}
			_, _ = w.Write(text)
		})
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// start starts the server, again on the port that it had.
func (r *stock) start() {
	r.t.Helper()
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.addr = l.Addr().String()
	r.listener = &cutListener{Listener: l}
	r.server = peerserver.New(peerserver.Options{AllowDiscovery: true})
	r.http = &http.Server{Handler: r.server}
	server, listener := r.http, r.listener
	r.serving.Go(func() { _ = server.Serve(listener) })
}

func (r *stock) stop() {
	_ = r.http.Close()
	_ = r.server.Close()
	r.listener.cut()
	r.serving.Wait()
}

// eval evaluates a script that must not fail.
func (r *stock) eval(script string) {
	r.t.Helper()
	if got := r.value(script); strings.HasPrefix(got, "failed: ") {
		r.t.Fatalf("%s\n%s", script, got)
	}
}

// value evaluates a script whose value is text.
func (r *stock) value(script string) string {
	r.t.Helper()
	var got string
	r.Eval("(async () => { try { return String(await (async () => { "+script+" })()); } catch (e) { return 'failed: ' + e.message; } })()", &got)
	return got
}

func (r *stock) expect(script, want string) {
	r.t.Helper()
	if got := r.value(script); got != want {
		r.t.Errorf("%s\nreturned %s, want %s", script, got, want)
	}
}

// echo sends everything back that other peers send.
func echo(p *Peer) {
	On(p, func(e Incoming) {
		d := e.Connection
		go func() {
			for {
				v, err := d.Receive(p.ctx)
				if err != nil || d.Send(p.ctx, v) != nil {
					return
				}
			}
		}()
	})
}

// pattern is a moving picture.
func pattern(t testing.TB) *streams.Track {
	t.Helper()
	encoders, err := encode.Find(codecs.All, encode.VP8, "")
	if err != nil {
		t.Fatal(err)
	}
	track := streams.NewTrack("pattern", streams.NewVideo(streams.VideoOptions{
		Backends: backends.All, Backend: "pattern", Capture: capture.Options{FPS: 30},
		Codecs: []encode.Codec{encode.VP8}, Encoders: encoders, FPS: 30, Bitrate: 1_000_000,
	}))
	t.Cleanup(func() { _ = track.Close() })
	return track
}

func TestStockPagesExchangeValues(t *testing.T) {
	r := newStock(t)
	p := runOpen(t, "go", at(t, "http://"+r.addr))
	echo(p)
	for _, v := range versions {
		r.eval("window." + v + "p = await open('" + v + "', '" + v + "')")
		lists := map[string]string{
			Binary:     "[...values.small, ...values.nested, new Date(1e12), bytes(3), new Uint16Array([1, 2]), bytes(16300), bytes(16301), new Blob([bytes(5e6)]), 'x'.repeat(1e6)]",
			BinaryUTF8: "[...values.small, ...values.nested]",
			JSON:       "[...values.small, ...values.nested, new Date(1e12), 'x'.repeat(9000)]",
			Raw:        "['text é😀', bytes(1000), bytes(60000)]",
			MsgPack:    "[...values.small, ...values.nested, new Date(1e12), bytes(3), bytes(5e6)]",
		}
		if v == "v147" { // which has neither, and takes no null
			delete(lists, MsgPack)
			lists[None] = lists[Raw]
			delete(lists, Raw)
			for _, name := range []string{Binary, BinaryUTF8} {
				lists[name] = strings.ReplaceAll(lists[name], "...values", "...old")
			}
		}
		for name, list := range lists {
			// A stock page throws an error upon null.
			list = strings.Replace(list, ".small", ".small.filter((x) => x !== null)", 1)
			r.expect(fmt.Sprintf("return echo(%sp, 'go', {serialization: '%s'}, %s)", v, name, list), "same")
		}
		theirs := map[string][]any{
			Binary:     {map[string]any{"a": []any{int64(-5), "é😀", 0.5}}, []byte{1, 2, 3}, make([]byte, 5_000_000)},
			BinaryUTF8: {"é😀"},
			JSON:       {map[string]any{"a": []any{-5.0, "é😀<"}}},
		}
		if v == "v155" {
			theirs[Raw] = []any{"é😀", []byte{1, 2, 3}}
			theirs[MsgPack] = []any{map[string]any{"a": []any{int64(-5), "é😀"}}, make([]byte, 5_000_000)}
		}
		if v == "v147" {
			theirs[Binary][0], theirs[BinaryUTF8][0] = map[string]any{"a": []any{int64(-5), "é☃", 0.5}}, "é☃"
		}
		for name, list := range theirs {
			d, err := p.Connect(soon(t), v, ConnectOptions{Serialization: name, Label: "l", Metadata: map[string]any{"m": "é"}})
			if err != nil {
				t.Fatal(v, name, err)
			}
			r.expect("return connection.label + connection.metadata.m + connection.reliable", "lé"+fmt.Sprint(name == MsgPack))
			for _, want := range list {
				if err := d.Send(soon(t), want); err != nil {
					t.Fatal(err)
				}
				if got := receive(t, d); !reflect.DeepEqual(got, want) {
					t.Errorf("%s, %s: %.80v came back as %.80v", v, name, want, got)
				}
			}
			_ = d.Close()
			r.Wait("!connection.open", patience) // the page sees it
		}
	}
}

// Its own reader would garble it, but ours does not.
func TestOldPagesSendWhatIsBeyondTheBMP(t *testing.T) {
	r := newStock(t)
	p := runOpen(t, "go", at(t, "http://"+r.addr))
	incoming := collect[Incoming](p)
	r.eval("window.page = await open('v147', 'old'); window.c = page.connect('go', {reliable: true}); await once(c, 'open'); c.send('é😀𝒳')")
	if v := receive(t, next(t, incoming).Connection); v != "é😀𝒳" {
		t.Errorf("%q", v)
	}
}

func TestStockPagesHangUpOnData(t *testing.T) {
	r := newStock(t)
	p := runOpen(t, "go", at(t, "http://"+r.addr))
	for _, v := range versions {
		r.eval("window.page = await open('" + v + "', '" + v + "')")
		d, err := p.Connect(soon(t), v, ConnectOptions{Reliable: true})
		if err != nil {
			t.Fatal(err)
		}
		r.Wait("connection.open", patience)
		r.eval("connection.close()")
		if <-d.Done(); !errors.Is(d.Err(), ErrHungUp) {
			t.Errorf("%s: %v", v, d.Err())
		}
	}
	d, err := p.Connect(soon(t), "v155", ConnectOptions{Reliable: true})
	if err != nil {
		t.Fatal(err)
	}
	r.Wait("connection.open", patience)
	r.eval("connection.close({flush: true})")
	<-d.Done()
	if d, err = p.Connect(soon(t), "v155", ConnectOptions{Reliable: true}); err != nil {
		t.Fatal(err)
	}
	if err := d.CloseFlush(soon(t)); err != nil {
		t.Error(err)
	}
}

func TestStockPagesCall(t *testing.T) {
	r := newStock(t)
	p := runOpen(t, "go", at(t, "http://"+r.addr))
	track := pattern(t)
	came, closed := collect[TrackStarted](p), collect[ConnectionClosed](p)
	calls := collect[Called](p)
	frames := func() {
		t.Helper()
		track := next(t, came).Track
		for range 5 {
			if _, err := track.Next(soon(t)); err != nil {
				t.Error(err)
			}
		}
	}
	for _, v := range versions {
		r.eval("window.page = await open('" + v + "', '" + v + "')")
		for _, weHangUp := range []bool{false, true} {
			// The page calls.
			r.eval("window.out = page.call('go', drawing('red'), {metadata: {m: 1}}); out.on('stream', (s) => window.answered = s); window.outClosed = false; out.on('close', () => window.outClosed = true)")
			m := next(t, calls).Call
			if video, audio := m.Takes(); !video || audio || string(m.Metadata()) != `{"m":1}` {
				t.Errorf("%s: %v %v %s", v, video, audio, m.Metadata())
			}
			if err := m.Answer(CallOptions{Tracks: []*streams.Track{track}}); err != nil {
				t.Fatal(err)
			}
			r.Wait("window.answered", patience)
			r.expect("return await playing(answered) > 64", "true")
			frames()
			r.eval("delete window.answered")
			if weHangUp {
				_ = m.Close()
				r.Wait("outClosed", patience)
			} else {
				r.eval("out.close()")
			}
			next(t, closed)
			// We call.
			r.eval("delete window.theirs; window.calledClosed = false")
			m, err := p.Call(soon(t), v, CallOptions{Tracks: []*streams.Track{track}, Metadata: "m"})
			if err != nil {
				t.Fatal(v, err)
			}
			r.Wait("window.theirs", patience)
			r.expect("return called.metadata + (await playing(theirs) > 64)", "mtrue")
			frames()
			if weHangUp {
				_ = m.Close()
				r.Wait("calledClosed", patience)
			} else {
				r.eval("called.close()")
			}
			next(t, closed)
		}
	}
}

func TestStockPagesAndGoShareIDs(t *testing.T) {
	r := newStock(t)
	p := runOpen(t, "go", at(t, "http://"+r.addr))
	for _, v := range versions {
		r.expect("return fail('"+v+"', 'go')", "unavailable-id")
		r.expect("const p = await open('"+v+"', 'page"+v+"'); p.connect('nobody'); return (await once(p, 'error')).type", "peer-unavailable")
		taken, err := New("page"+v, at(t, "http://"+r.addr))
		if err != nil {
			t.Fatal(err)
		}
		if err := taken.Run(soon(t)); !IsType(err, UnavailableID) {
			t.Errorf("a taken id: %v", err)
		}
	}
	ids, err := p.ListAllPeers(soon(t))
	if err != nil || !reflect.DeepEqual(ids, []string{"go", "pagev147", "pagev155"}) {
		t.Errorf("%v %v", ids, err)
	}
	r.expect("const p = await open('v155', 'lister'); return new Promise((resolve) => p.listAllPeers(resolve))", "go,lister,pagev147,pagev155")
	o := at(t, "http://"+r.addr)
	o.Key = "wrong"
	wrong, err := New("x", o)
	if err != nil {
		t.Fatal(err)
	}
	if err := wrong.Run(soon(t)); !IsType(err, InvalidKey) || !wrong.Destroyed() {
		t.Errorf("a wrong key: %v", err)
	}
}

func TestConnectionsOutliveTheServer(t *testing.T) {
	r := newStock(t)
	p := runOpen(t, "go", at(t, "http://"+r.addr))
	echo(p)
	failed, opened := collect[Failed](p), collect[Opened](p)
	On(p, func(Left) { // as an application would
		go func() {
			for p.Disconnected() && !p.Destroyed() {
				_ = p.Reconnect()
				_ = p.WaitOpen(p.ctx)
			}
		}()
	})
	r.eval("window.page = await open('v155', 'page'); window.kept = page.connect('go'); await once(kept, 'open')")
	const again = `while (!page.open) { if (page.disconnected) page.reconnect(); await new Promise((r) => setTimeout(r, 100)); }
		return echo(page, 'go', {}, ['x'])`
	const lost = "window.lost = new Promise((resolve) => page.on('disconnected', resolve)); page.on('error', () => {})"
	for range 2 {
		r.eval(lost)
		r.listener.cut() // the sockets are lost, the server is not
		r.eval("await lost")
		if e := next(t, failed).Err; e.Type != Network {
			t.Error(e)
		}
		next(t, opened)
		r.expect(again, "same")
	}
	r.eval(lost)
	r.stop()
	r.eval("await lost")
	next(t, failed)
	r.expect("const back = once(kept, 'data'); kept.send(7); return back", "7")
	r.start() // a new server, which knows nobody
	eventually(t, "the peer is open again", p.Open)
	r.expect(again, "same")
}
