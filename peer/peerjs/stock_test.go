package peerjs

import (
	_ "embed" // the page
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/peer/internal/stocktest"
	"github.com/causeway-rtc/causeway/peer/peerserver"
	"github.com/causeway-rtc/causeway/streams"
)

var versions = []string{"v155", "v147"}

// page has both versions of the stock client, and what the tests do with them.
//
//go:embed testdata/stock.html
var page string

// stock is a browser with the page, and a server that can be cut off and started
// again.
type stock struct {
	*stocktest.Rig
	t      *testing.T
	server *peerserver.Server // the one that runs
}

// newStock opens the page with a server of its own.
func newStock(t *testing.T) *stock {
	t.Helper()
	r := &stock{t: t}
	r.Rig = stocktest.New(t, stocktest.Options{
		Page: page,
		Scripts: map[string]string{
			"/1.5.5.js": "peerjs/dist/peerjs.min.js", "/1.4.7.js": "peerjs-1.4.7/dist/peerjs.min.js",
			"/msgpack.js": "peerjs/dist/serializer.msgpack.mjs",
		},
		NewServer: func() stocktest.Server {
			r.server = peerserver.New(peerserver.Options{AllowDiscovery: true})
			return r.server
		},
	})
	r.Wait("window.MsgPack", patience)
	return r
}

// eval evaluates a script that must not fail.
func (r *stock) eval(script string) {
	r.t.Helper()
	if got := r.Value(script); strings.HasPrefix(got, "failed: ") {
		r.t.Fatalf("%s\n%s", script, got)
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

func TestStockPagesExchangeValues(t *testing.T) {
	r := newStock(t)
	p := runOpen(t, "go", at(t, r.URL()))
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
			r.Expect(fmt.Sprintf("return echo(%sp, 'go', {serialization: '%s'}, %s)", v, name, list), "same")
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
			r.Expect("return connection.label + connection.metadata.m + connection.reliable", "lé"+fmt.Sprint(name == MsgPack))
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
	p := runOpen(t, "go", at(t, r.URL()))
	incoming := collect[Incoming](p)
	r.eval("window.page = await open('v147', 'old'); window.c = page.connect('go', {reliable: true}); await once(c, 'open'); c.send('é😀𝒳')")
	if v := receive(t, next(t, incoming).Connection); v != "é😀𝒳" {
		t.Errorf("%q", v)
	}
}

func TestStockPagesHangUpOnData(t *testing.T) {
	r := newStock(t)
	p := runOpen(t, "go", at(t, r.URL()))
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
	p := runOpen(t, "go", at(t, r.URL()))
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
			r.Expect("return await playing(answered) > 64", "true")
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
			r.Expect("return called.metadata + (await playing(theirs) > 64)", "mtrue")
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
	p := runOpen(t, "go", at(t, r.URL()))
	for _, v := range versions {
		r.Expect("return fail('"+v+"', 'go')", "unavailable-id")
		r.Expect("const p = await open('"+v+"', 'page"+v+"'); p.connect('nobody'); return (await once(p, 'error')).type", "peer-unavailable")
		taken, err := New("page"+v, at(t, r.URL()))
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
	r.Expect("const p = await open('v155', 'lister'); return new Promise((resolve) => p.listAllPeers(resolve))", "go,lister,pagev147,pagev155")
	o := at(t, r.URL())
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
	p := runOpen(t, "go", at(t, r.URL()))
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
		r.Cut() // the sockets are lost, the server is not
		r.eval("await lost")
		if e := next(t, failed).Err; e.Type != Network {
			t.Error(e)
		}
		next(t, opened)
		r.Expect(again, "same")
	}
	r.eval(lost)
	r.Stop()
	r.eval("await lost")
	next(t, failed)
	r.Expect("const back = once(kept, 'data'); kept.send(7); return back", "7")
	r.Start() // a new server, which knows nobody
	eventually(t, "the peer is open again", p.Open)
	r.Expect(again, "same")
}
