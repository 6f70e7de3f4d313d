package skyway

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer/internal/stocktest"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
	"github.com/causeway-rtc/causeway/peer/skywayserver/skywayservertest"
	"github.com/causeway-rtc/causeway/streams"
)

// stock is a browser with stock clients, and a server.
type stock struct {
	*skywayservertest.Rig
	server *skywayserver.Server // the one that runs
}

// eachTransport runs a test with pages that keep polling, and with pages that
// change to a WebSocket.
func eachTransport(t *testing.T, test func(t *testing.T, noUpgrade bool)) {
	t.Run("polling", func(t *testing.T) { test(t, true) })
	t.Run("WebSocket", func(t *testing.T) { test(t, false) })
}

// stockScript is what the tests of this package do with the page.
const stockScript = `
// echoing makes a peer that sends back what it is sent, and answers calls.
window.echoing = async (id) => {
	const peer = await opened(id, KEY);
	peer.on('connection', (c) => { window.connection = c; c.on('data', (v) => c.send(v)); });
	peer.on('call', (c) => {
		window.called = c;
		c.on('stream', (s) => window.theirs = s);
		c.on('close', () => window.calledClosed = true);
		c.answer(drawing('blue'), window.answerOptions);
	});
	return peer;
};
window.values = {
	small: [0, -1, 127, 128, -33, 300, 70000, 2 ** 40, -2147483648, 0.5, true, false, 'é☃', ''],
	// Text beyond the BMP the original sends, but does not read.
	astral: ['😀', 'é😀𝒳', {z: ['𝒳', 1], 'é😀': '😀'}, '😀'.repeat(290), '😀'.repeat(1000)],
	nested: [{a: [{b: {c: [[], {}, 'x']}}], 'é': 1}],
};
// echo sends values one after another and says which come back otherwise.
window.echo = async (peer, to, o, list) => {
	const c = peer.connect(to, {metadata: {m: 'é'}, label: 'echo', ...o});
	await once(c, 'open');
	let wrong = '';
	for (const v of list) {
		const back = once(c, 'data');
		c.send(v);
		const got = await Promise.race([back, new Promise((_, no) => setTimeout(() => no(new Error('nothing back for ' + plain(v).slice(0, 80))), 30000))]);
		const same = v instanceof Blob ? got instanceof v.constructor && got.type === v.type && got.name === v.name &&
			plain(await got.arrayBuffer()) === plain(await v.arrayBuffer()) : plain(got) === plain(v instanceof Date ? (o.serialization === 'json' ? v : v.toString()) : v);
		if (!same) wrong += ' ' + plain(v).slice(0, 80) + ' came as ' + plain(got)?.slice(0, 80) + ';';
	}
	c.close();
	return wrong || 'same';
};
return 'ready';`

func newStock(t *testing.T, o skywayserver.Options) *stock {
	t.Helper()
	o.Keys = testKeys()
	r := &stock{}
	r.Rig = skywayservertest.New(t, func() stocktest.Server {
		r.server = skywayserver.New(o)
		return r.server
	}, "KEY", openKey)
	r.Expect(stockScript, "ready")
	return r
}

// echo sends back what p is sent, until off is called.
func echo(p *Peer) (off func()) {
	return On(p, func(e Incoming) {
		go func() {
			ctx := p.ctx
			for {
				v, err := e.Connection.Receive(ctx)
				if err != nil || e.Connection.Send(ctx, v) != nil {
					return
				}
			}
		}()
	})
}

func TestStockPagesExchangeValues(t *testing.T) { eachTransport(t, stockPagesExchangeValues) }

func stockPagesExchangeValues(t *testing.T, noUpgrade bool) {
	r := newStock(t, skywayserver.Options{NoUpgrade: noUpgrade})
	p := runOpen(t, "go", Options{URL: r.URL()})
	off := echo(p)
	r.Expect("window.page = await echoing('page'); return page.id", "page")
	for serialization, list := range map[string]string{
		Binary: "[...values.small, ...values.nested, new Date(1e12), bytes(3), new Uint16Array([1, 2]), bytes(16300), bytes(300000), 'x'.repeat(1e5)," +
			"new Blob([bytes(40000)], {type: 'image/png'}), new File([bytes(5)], 'é.txt', {type: 'text/plain'})]",
		BinaryUTF8: "[...values.small, ...values.nested]",
		JSON:       "[...values.small, ...values.nested, ...values.astral, new Date(1e12), 'x'.repeat(60000)]",
		None:       "['text é😀', bytes(1000), bytes(60000)]",
	} {
		r.Expect("return echo(page, 'go', {serialization: '"+serialization+"'}, "+list+")", "same")
	}
	eventually(t, "the page has closed them", func() bool { return len(p.Connections()) == 0 })
	// What the original sends of text beyond the BMP, and cannot read itself.
	off()
	got := collect[Incoming](p)
	r.Expect("const c = page.connect('go', {label: 'astral'}); await once(c, 'open'); values.astral.forEach((v) => c.send(v)); return c.label", "astral")
	c := next(t, got).Connection
	for _, want := range []any{
		"😀", "é😀𝒳", map[string]any{"z": []any{"𝒳", int64(1)}, "é😀": "😀"}, strings.Repeat("😀", 290), strings.Repeat("😀", 1000),
	} {
		if v := receive(t, c); !reflect.DeepEqual(v, want) {
			t.Errorf("%.80v came as %.80v", want, v)
		}
	}
	// And from us to the page.
	for _, serialization := range []string{Binary, BinaryUTF8, JSON, None} {
		d, err := p.Connect(soon(t), "page", ConnectOptions{Serialization: serialization, Label: "l", Metadata: []int{1}})
		if err != nil {
			t.Fatal(err)
		}
		long := strings.Repeat("é", 50_000)
		for _, v := range []any{"text", "é😀𝒳", long} {
			if err := d.Send(soon(t), v); err != nil {
				t.Fatal(err)
			}
			if back := receive(t, d); back != v {
				t.Errorf("%s: %.80v came back as %.80v", serialization, v, back)
			}
		}
		r.Expect("return connection.label + connection.metadata + connection.serialization", "l1"+serialization)
		r.Expect("connection.on('close', () => window.gone = connection.id); return connection.open", "true")
		_ = d.Close(false)
		r.Expect("await until(() => window.gone === connection.id); return connection.open", "false")
	}
	d, err := p.Connect(soon(t), "page", ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r.Expect("connection.close(true); return connection.label.slice(0, 3)", "dc_")
	<-d.Done()
}

func TestStockPagesCall(t *testing.T) { eachTransport(t, stockPagesCall) }

func stockPagesCall(t *testing.T, noUpgrade bool) {
	r := newStock(t, skywayserver.Options{NoUpgrade: noUpgrade})
	p := runOpen(t, "go", Options{URL: r.URL(), Codecs: []encode.Codec{encode.H264, encode.VP8, encode.Opus}})
	track := pattern(t)
	calls := collect[Called](p)
	off := On(p, func(e Called) {
		if err := e.Call.Answer(CallOptions{Tracks: []*streams.Track{track}}); err != nil {
			t.Error(err)
		}
	})
	started := collect[TrackStarted](p)
	r.Expect(`window.page = await echoing('page');
		window.out = page.call('go', drawing('red'), {videoBandwidth: 321, videoCodec: 'VP8', metadata: {m: 'é'}});
		out.on('close', () => window.outClosed = true);
		await playing(await once(out, 'stream'));
		return out.remoteId`, "go")
	in := next(t, calls).Call
	chunks(t, next(t, started).Track)
	if string(in.Metadata()) != `{"m":"é"}` || in.way.Target() != 321_000 {
		t.Errorf("%s, %d bits a second", in.Metadata(), in.way.Target())
	}
	_ = in.Close(true)
	r.Expect("await until(() => window.outClosed); return out.open", "false")
	// A page without a camera only watches.
	r.Expect("window.out = page.call('go'); await playing(await once(out, 'stream')); return out.open", "true")
	in = next(t, calls).Call
	if video, audio := in.Takes(); !video || !audio {
		t.Error("the page takes nothing")
	}
	r.Expect("out.close(true); return out.open", "false")
	<-in.Done()
	// One that hangs up without force ends DTLS, which we see.
	r.Expect("window.out = page.call('go'); await playing(await once(out, 'stream')); out.close(false); return out.open", "false")
	in = next(t, calls).Call
	<-in.Done()
	if !errors.Is(in.Err(), ErrHungUp) {
		t.Error(in.Err())
	}
	// It is refused without having seen anything.
	off()
	off = On(p, func(e Called) { e.Call.Refuse() })
	r.Expect(`window.out = page.call('go', drawing('red')); out.on('stream', () => window.seen = true);
		await new Promise((resolve) => out.on('close', resolve)); return window.seen`, "undefined")
	off()
	eventually(t, "nothing is left of it", func() bool { return len(p.Connections()) == 0 })
}

func TestStockPagesAreCalled(t *testing.T) { eachTransport(t, stockPagesAreCalled) }

func stockPagesAreCalled(t *testing.T, noUpgrade bool) {
	r := newStock(t, skywayserver.Options{NoUpgrade: noUpgrade})
	p := runOpen(t, "go", Options{URL: r.URL(), Codecs: []encode.Codec{encode.H264, encode.VP8, encode.Opus}})
	started := collect[TrackStarted](p)
	r.Expect("window.page = await echoing('page'); return page.id", "page")
	m, err := p.Call(soon(t), "page", CallOptions{Tracks: []*streams.Track{pattern(t)}, VideoCodec: "VP8", VideoBandwidth: 321, AudioReceive: true})
	if err != nil {
		t.Fatal(err)
	}
	chunks(t, next(t, started).Track)
	r.Expect("await until(() => window.theirs); await playing(theirs); return called.remoteId", "go")
	r.Expect(`const sdp = called._options.payload.offer.sdp;
		return [/b=AS:321\r\nb=TIAS:321000\r\n/.test(sdp), /H264/.test(sdp), /m=audio/.test(sdp)]`, "true,false,true")
	// The track is replaced, taken away, and comes back in another stream.
	if err := m.ReplaceStream([]*streams.Track{pattern(t)}); err != nil {
		t.Fatal(err)
	}
	r.Expect("await playing(theirs); window.first = theirs; return theirs.getVideoTracks().length", "1")
	if err := m.ReplaceStream(nil); err != nil {
		t.Fatal(err)
	}
	r.Expect("await until(() => theirs.getVideoTracks().length === 0 || theirs.getVideoTracks()[0].muted); return theirs.id === first.id", "true")
	if err := m.ReplaceStream([]*streams.Track{pattern(t)}); err != nil {
		t.Fatal(err)
	}
	r.Expect("await until(() => theirs !== first); await playing(theirs); return theirs.id === first.id", "false")
	_ = m.Close(true)
	r.Expect("await until(() => window.calledClosed); return called.open", "false")
	// What the page's answer asks for, we obey. (Its codec is not for us: Chromium
	// sends the offer's first, whatever is left in the text of the answer.)
	r.Expect("window.answerOptions = {videoBandwidth: 400}; return 1", "1")
	m, err = p.Call(soon(t), "page", CallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	chunks(t, next(t, started).Track)
	if m.way.Target() != 400_000 {
		t.Errorf("%d bits a second", m.way.Target())
	}
	r.Expect("called.close(true); return called.open", "false")
	<-m.Done()
	if !errors.Is(m.Err(), ErrHungUp) {
		t.Error(m.Err())
	}
}
