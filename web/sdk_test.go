package web_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/broker"
	"github.com/causeway-rtc/causeway/web"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// sdkPage opens a page that has the library's exports and the helpers of
// testdata/sdk.js as globals, beside a broker.
func sdkPage(t *testing.T) *webtest.Browser {
	t.Helper()
	b, _ := sdkPageBeside(t)
	return b
}

// sdkPageBeside is sdkPage, and the broker beside it.
func sdkPageBeside(t *testing.T) (*webtest.Browser, *broker.Broker) {
	t.Helper()
	server := broker.New(broker.Options{Rate: 1000, Burst: 1000})
	mux := http.NewServeMux()
	mux.Handle("/ws", server)
	mux.Handle("/sdk/", web.Handler(web.Options{}))
	mux.Handle("/viewer/", http.StripPrefix("/viewer", web.Handler(web.Options{})))
	for path, name := range map[string]string{"/test.js": "testdata/sdk.js", "/peerix.js": "testdata/peerix.js"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, name) })
	}
	mux.HandleFunc("/favicon.ico", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`<!doctype html><title>test</title><body><script type="module" src="/test.js"></script>`))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		_ = server.Close()
		s.Close()
	})
	b := webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true})
	b.Open(s.URL)
	b.Wait("window.ready", patience)
	return b, server
}

// check runs the body of an async function in the page, and compares what it
// returns.
func check[T any](t *testing.T, b *webtest.Browser, what, script string, want T) {
	t.Helper()
	var got T
	b.Eval("(async () => {"+script+"})()", &got)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestPeersConnect(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	check(t, b, "two that connect know each other", `
		const host = open({ externalId: 'desk of Ada' });
		const asked = next(host, 'peer-request');
		const viewer = open({ externalId: 'Bob' });
		const states = [];
		const call = viewer.connect(host.id, { token: 'secret', metadata: { room: 7 } });
		viewer.peers.get(host.id).on('connection-state-change', (state) => states.push(state));
		const request = await asked;
		const there = await request.accept();
		const here = await call;
		await until(() => here.externalId);
		return [request.externalId, request.metadata.token, String(request.metadata.room), String(request.watch),
			String(there.id === viewer.id), there.externalId, here.externalId, here.state, there.state, states[0], states.at(-1),
			String(host.peers.get(viewer.id) === there)];`,
		[]string{"Bob", "secret", "7", "false", "true", "Bob", "desk of Ada", "connected", "connected", "connecting", "connected", "true"})
	check(t, b, "a rejection has its reason", `
		const host = open();
		host.on('peer-request', (request) => request.reject('not on Sundays'));
		const viewer = open();
		const why = await failure(viewer.connect(host.id));
		return [why, String(viewer.peers.size)];`,
		[]string{"rejected: not on Sundays", "0"})
	check(t, b, "an attempt is cancelled", `
		const host = open();
		const asked = next(host, 'peer-request');
		const viewer = open();
		const why = failure(viewer.connect(host.id));
		const request = await asked;
		viewer.cancelConnectionAttempt(host.id);
		const gone = await until(async () => true).then(() => why);
		await until(() => host.requests.size === 0);
		return [gone, await failure(request.accept())];`,
		[]string{"cancelled: the attempt was cancelled", "left: who asked is gone"})
	check(t, b, "nobody is there", `
		return failure(open().connect('nobody', { reconnect: false }));`,
		"absent: the host is not there")
	check(t, b, "both sides hear of a close", `
		const { toHost, toViewer, host, viewer } = await pair();
		const closed = next(toViewer, 'close');
		toHost.close();
		await closed;
		return [toViewer.state, toViewer.error.code, toHost.error.code, String(host.peers.size + viewer.peers.size)];`,
		[]string{"failed", "left", "closed", "0"})
	check(t, b, "a viewer comes back by itself", `
		const host = open();
		let requests = 0;
		host.on('peer-request', async (request) => { requests++; await request.accept(); });
		const viewer = open();
		const peer = await viewer.connect(host.id);
		await until(() => host.peers.get(viewer.id)?.state === 'connected');
		host.peers.get(viewer.id).close();
		await next(peer, 'connection-state-change', (state) => state === 'disconnected');
		await next(peer, 'connection-state-change', (state) => state === 'connected');
		return requests;`, 2)
	check(t, b, "an id that is taken", `
		const first = open();
		first.on('peer-request', () => {});
		await until(() => first.signal.open);
		const second = open({ id: first.id });
		const error = next(second, 'error');
		second.on('peer-request', () => {});
		return (await error).code;`, "taken")
}

func TestDataChannels(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	check(t, b, "text, bytes and requests, both ways and in both modes", `
		const { toHost, toViewer } = await pair();
		const results = [];
		for (const mode of ['reliable', 'unreliable']) {
			for (const [from, to] of [[toHost, toViewer], [toViewer, toHost]]) {
				const id = mode + from.id;
				const came = next(to, 'datachannel');
				const channel = await from.createDataChannel({ id, mode });
				const other = await came;
				const text = next(other, 'message');
				await channel.send('grüße');
				const { type, isText, asString } = await text;
				const data = next(channel, 'message');
				await other.send(bytes(20_000));
				other.on('message', (m) => {
					if (m.type !== 'request') return;
					if (m.data.length === 0) m.fail('nothing to answer');
					else m.respond(m.data.toReversed());
				});
				const answer = await channel.request(bytes(40_000));
				results.push([other.mode, type, isText, asString, same((await data).data, bytes(20_000)),
					same(answer, bytes(40_000).toReversed()), await failure(channel.request(new Uint8Array())),
					from.dataChannels.get(id) === channel].join(' '));
			}
		}
		return results;`,
		[]string{
			"reliable standalone true grüße true true failed: nothing to answer true",
			"reliable standalone true grüße true true failed: nothing to answer true",
			"unreliable standalone true grüße true true failed: nothing to answer true",
			"unreliable standalone true grüße true true failed: nothing to answer true",
		})
	check(t, b, "long messages, and many", `
		const { toHost, toViewer } = await pair();
		const came = next(toViewer, 'datachannel');
		const channel = await toHost.createDataChannel({ id: 'files' });
		const other = await came;
		const data = bytes(5 << 20);
		channel.send(data);
		for (let i = 0; i < 20_000; i++) channel.send(String(i));
		const got = [];
		await new Promise((resolve, reject) => {
			for (const end of [channel, other]) end.on('close', () => setTimeout(() => reject(new Error('closed after ' + got.length + ' messages: ' + (toHost.error ?? toViewer.error)))));
			other.on('message', (m) => {
				got.push(m);
				if (got.length === 20_001) resolve();
			});
		});
		return [same(got[0].data, data), got.slice(1).every((m, i) => m.asString === String(i)),
			(await failure(channel.send(new Uint8Array((16 << 20) + 1)))).startsWith('limit')];`,
		[]bool{true, true, true})
}

func TestDataChannelRequestsThatFail(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	check(t, b, "no answer, and a late one", `
		const { toHost, toViewer } = await pair();
		const came = next(toViewer, 'datachannel');
		const channel = await toHost.createDataChannel({ id: 'slow' });
		const other = await came;
		const asked = next(other, 'message');
		const why = await failure(channel.request(bytes(3), { timeout: 50 }));
		(await asked).respond(bytes(1));
		other.on('message', (m) => m.respond(m.data));
		const answer = await channel.request(bytes(9));
		const closed = next(other, 'close');
		channel.close();
		await closed;
		return [why, String(answer.length), await failure(other.send('x')), String(toHost.dataChannels.size + toViewer.dataChannels.size)];`,
		[]string{"timeout: the request was not answered in time", "9", "closed: the channel was closed", "0"})
	check(t, b, "labels are taken once, and numbers come again", `
		const { toHost, toViewer } = await pair();
		await toHost.createDataChannel({ id: 'a' });
		const taken = await failure(toViewer.createDataChannel({ id: 'a' }));
		for (let i = 0; i < 200; i++) {
			const channel = await toHost.createDataChannel({ id: 'c' + i });
			const other = toViewer.dataChannels.get('c' + i);
			const closed = next(other, 'close');
			channel.close();
			await closed;
		}
		return [taken, String(toHost.dataChannels.size)];`,
		[]string{"taken: there is a channel called a", "1"})
	check(t, b, "what breaks the rules ends its channel alone", `
		const { toHost, toViewer } = await pair();
		const [bad, good] = [await toHost.createDataChannel({ id: 'bad' }), await toHost.createDataChannel({ id: 'good' })];
		toViewer.dataChannels.get('good').on('message', (m) => m.respond(m.data));
		const closed = next(bad, 'close');
		bad.raw.send(new Uint8Array(3));
		await closed;
		return (await good.request(bytes(2))).length;`, 2)
}

// patience is how long a busy machine may take for anything.
const patience = time.Minute
