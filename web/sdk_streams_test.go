package web_test

import (
	"testing"

	"github.com/causeway-rtc/causeway/web/webtest"
)

func TestStreamsOnRequest(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	check(t, b, "a stream is asked for, and plays", `
		const { toHost, toViewer } = await pair();
		toViewer.on('stream-request', async (request) => {
			window.request = request;
			window.served = await request.accept({ stream: canvas(), type: 'desktop', name: 'Canvas', permissions: InputLevel.Mouse });
		});
		const stream = await toHost.createStream({ permissions: InputLevel.All, streamFit: 'cover', metrics: true });
		const size = await plays(stream);
		const summary = await next(stream, 'stats', (s) => s.videoThroughputKbps > 0 && s.videoBitrateKbps > 0);
		return [size.join('x'), stream.streamFit, String(stream.permissions), stream.info.name, stream.info.kind, String(stream.peer === toHost),
			String(toHost.streams.get(stream.id) === stream), String(request.permissions), request.streamFit, String(served.peers[0] === toViewer),
			String(Object.keys(summary)), (await stream.getReport()).codec.slice(0, 2)];`,
		[]string{
			"320x240", "cover", "1", "Canvas", "desktop", "true", "true", "7", "cover", "true",
			"seconds,latencyMs,videoBitrateKbps,videoThroughputKbps,audioThroughputKbps,inputEvents,cursorEvents", "VP",
		})
	check(t, b, "a request is rejected, or finds nothing", `
		const { toHost, toViewer } = await pair();
		const nothing = await failure(toHost.createStream());
		toViewer.on('stream-request', (request) => request.reject('not now'));
		return [nothing, await failure(toHost.createStream()), String(toHost.streams.size)];`,
		[]string{"absent: there is no stream", "rejected: not now", "0"})
	check(t, b, "a stream that was asked for comes again after a loss", `
		const host = open();
		host.on('peer-request', (request) => request.accept());
		host.publish(canvas());
		const viewer = open();
		const peer = await viewer.connect(host.id);
		const stream = await peer.createStream();
		await plays(stream);
		host.peers.get(viewer.id).close();
		await next(peer, 'connection-state-change', (state) => state === 'connected');
		await plays(stream);
		return [stream.ended, peer.streams.size];`,
		[]any{false, float64(1)})
	check(t, b, "a stream to one peer alone", `
		const one = await pair();
		const two = await pair({}, one.host);
		let others = 0;
		two.toHost.on('stream-announcement', () => others++);
		const heard = next(one.toHost, 'stream-announcement');
		const stream = one.toViewer.publish(canvas());
		await plays(await (await heard).join());
		stream.close();
		return others;`, 0)
}

func TestStreamsAreAnnounced(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	check(t, b, "streams are announced, joined by several, and stopped", `
		const { host, toHost, toViewer } = await pair();
		const first = next(toHost, 'stream-announcement');
		const published = host.publish(canvas(), { name: 'one', permissions: InputLevel.All });
		const names = [];
		published.on('peer-join', (peer) => names.push('+' + peer.externalId));
		published.on('peer-leave', (peer) => names.push('-' + peer.externalId));
		const announcement = await first;
		const stream = await announcement.join({ permissions: InputLevel.Keyboard });
		await plays(stream);
		const second = await pair({}, host);
		const again = next(second.toHost, 'stream-announcement');
		second.toHost.forceStreamAnnouncements();
		const other = await (await again).join();
		await plays(other);
		const level = [stream.permissions, other.permissions, published.getPeerPermission(toViewer)].join();
		other.close();
		await next(published, 'peer-leave');
		const stopped = next(toHost, 'stream-stop');
		const closed = next(stream, 'close');
		published.close();
		await closed;
		return [announcement.info.name, String(announcement.info.level), level, names.join(), String((await stopped).id === announcement.info.id),
			String(stream.ended && other.ended), String(toHost.streams.size), await failure(announcement.join())];`,
		[]string{"one", "7", "2,7,2", "+a viewer,+a viewer,-a viewer,-a viewer", "true", "true", "0", "absent: there is no such stream"})
	check(t, b, "who watches is sent streams unasked, and again after a loss", `
		const host = open();
		host.on('peer-request', (request) => request.accept());
		host.publish(canvas(), { permissions: InputLevel.All });
		const viewer = open();
		const peer = await viewer.connect(host.id, { watch: true });
		await plays(peer.stream);
		await until(() => peer.stream.inputOpen);
		host.publish(canvas(100, 100));
		const more = await next(peer, 'stream');
		const size = await plays(more);
		host.peers.get(viewer.id).close();
		await next(peer, 'connection-state-change', (state) => state === 'disconnected');
		const lost = peer.stream.hasPicture;
		await next(peer, 'connection-state-change', (state) => state === 'connected');
		await plays(peer.stream);
		return [lost, peer.stream.ended, size.join() === '100,100', peer.stream.permissions === InputLevel.All];`,
		[]bool{false, false, true, true})
}

func TestInput(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	check(t, b, "inputs arrive as they were sent, as far as they are permitted", `
		const { host, toHost, toViewer } = await pair();
		const published = host.publish(canvas(), { permissions: InputLevel.All });
		const stream = await toHost.createStream();
		await plays(stream);
		await until(() => stream.inputOpen);
		const got = [];
		published.on('input', (event) => {
			got.push(event.input);
			event.discard();
			got.discarded = event.isDiscarded && event.peer === toViewer;
		});
		const inputs = [
			{ type: InputType.MouseClick, button: MouseButton.Left, action: ButtonAction.Down, x: 0, y: 1 },
			{ type: InputType.MouseScroll, axis: ScrollAxis.Vertical, delta: -3 },
			{ type: InputType.Keyboard, code: 'KeyQ', keycode: 0x51, action: KeyboardAction.Down },
			{ type: InputType.Text, text: 'Grüße' },
		];
		for (const input of inputs) stream.sendInput(input);
		await until(() => got.length === 4);
		const right = JSON.stringify(got) === JSON.stringify(inputs);
		stream.sendInput({ type: 'mouse-absolute', x: 0.5, y: 0.5 });
		await until(() => got.at(-1).type === 'mouse-absolute');
		const changed = next(stream, 'permissions-change');
		published.setPeerPermission(toViewer, InputLevel.Mouse);
		const level = await changed;
		const released = got.at(-1).type === 'release';
		got.length = 0;
		stream.sendInput({ type: 'text', text: 'secret' });
		stream.sendInput({ type: 'mouse-scroll', axis: 'vertical', delta: 1 });
		await until(() => got.some((i) => i.type === 'mouse-scroll'));
		// A viewer that ignores its level gets no further.
		stream.sender.level = InputLevel.All;
		stream.sendInput({ type: 'text', text: 'secret' });
		stream.sendInput({ type: 'mouse-scroll', axis: 'vertical', delta: 2 });
		await until(() => got.some((i) => i.delta === 2));
		return [right, level === 1, released, got.discarded, got.every((i) => i.type !== 'text'), published.getPeerPermission(toViewer) === 1];`,
		[]bool{true, true, true, true, true, true})
	check(t, b, "before-input sees what devices do, and can prevent it", `
		const { host, toHost } = await pair();
		const published = host.publish(canvas(), { permissions: InputLevel.All });
		const stream = await toHost.createStream();
		document.body.replaceChildren();
		await plays(stream);
		await until(() => stream.inputOpen);
		window.got = [];
		window.stream = stream;
		published.on('input', ({ input }) => got.push(input));
		window.seen = [];
		stream.addEventListener('before-input', (event) => {
			seen.push(event.input);
			window.held = event.heldKeys;
			if (event.input.code === 'F6') event.preventDefault();
		});
		stream.on('beforeinput', () => window.alias = true);
		stream.devices.focus();
		return true;`, true)
	b.Click(160, 120)
	b.Wait("got.some((i) => i.type === 'mouse-click' && i.action === 'up')", patience)
	b.Press("x")
	check(t, b, "before-input", `
		const press = (code) => stream.devices.keyboard.tap(code);
		press(64); // F6
		press(65); // F7
		await until(() => got.some((i) => i.code === 'F7'));
		return [seen.some((i) => i.code === 'F6'), got.some((i) => i.code === 'F6'), seen.some((i) => i.type === 'mouse-click'), Boolean(window.alias),
			typeof held.has('KeyA') === 'boolean'];`,
		[]bool{true, false, true, true, true})
}

// What a person sees of a stream, beside its picture.
func TestStreamInAPage(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	check(t, b, "numbers over the picture, pause and play", `
		const { toHost, host } = await pair();
		const heard = next(toHost, 'stream-announcement');
		host.publish(canvas());
		const stream = await (await heard).join();
		await plays(stream);
		stream.enableVideoStatsOverlay();
		const numbers = () => stream.container.querySelector('.causeway-stats');
		await until(() => /^320×240 .*frames/s.test(numbers()?.textContent ?? ''), 'numbers');
		stream.disableVideoStatsOverlay();
		const gone = numbers() === null;
		stream.pause();
		const held = stream.video.paused;
		await stream.play();
		window.stream = stream;
		return [gone, held, !stream.video.paused];`, []bool{true, true, true})
	b.Eval(`(() => {
		document.body.replaceChildren(stream.container);
		stream.container.addEventListener('click', () => stream.requestFullscreen({ lockKeyboard: false }));
	})()`, nil)
	b.Click(40, 40)
	b.Wait("document.fullscreenElement === stream.container", patience)
	check(t, b, "what the browser can decode", `
		const { supported } = await getMediaCapabilities();
		return typeof supported;`, "boolean")
}

func TestBothPublishAtOnce(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	check(t, b, "glare on fresh connections and on the same", `
		let plays = 0;
		for (let round = 0; round < 3; round++) {
			const { host, viewer, toHost, toViewer } = await pair({ watch: true, accept: { watch: true } });
			for (let again = 0; again < 6; again++) {
				const [a, b] = [canvas(64 + again, 64), canvas(96 + again, 96)];
				const heard = [next(toHost, 'stream-announcement', (s) => s.info.name === 'a' + again), next(toViewer, 'stream-announcement', (s) => s.info.name === 'b' + again)];
				const streams = [host.publish(a, { name: 'a' + again }), viewer.publish(b, { name: 'b' + again })];
				const ids = (await Promise.all(heard)).map((s) => s.info.id);
				const shown = async (peer, id, width) => {
					await until(() => peer.streams.get(id), 'stream ' + id);
					const stream = peer.streams.get(id);
					document.body.append(stream.container);
					await until(() => stream.video.videoWidth === width, 'a picture of ' + id + ' as wide as ' + width + ', not ' + stream.video.videoWidth);
					plays++;
				};
				await Promise.all([shown(toHost, ids[0], 64 + again), shown(toViewer, ids[1], 96 + again)]);
				if (again % 2 === 1) streams.forEach((stream) => stream.close());
			}
			host.close();
			viewer.close();
			document.body.replaceChildren();
		}
		return plays;`, 36)
}

func TestPageShowsAStreamOfABrowser(t *testing.T) {
	t.Parallel()
	host := sdkPage(t)
	check(t, host, "a host", `
		const host = open({ id: 'desk' });
		host.on('peer-request', (request) => request.metadata.token === 'right' ? request.accept() : request.reject('wrong token'));
		window.stream = host.publish(canvas(), { permissions: InputLevel.All });
		window.got = [];
		stream.on('input', ({ input }) => got.push(input));
		return true;`, true)
	var origin string
	host.Eval("location.origin", &origin)
	page := webtest.Start(t, webtest.Options{LocalIPs: true})
	page.Open(origin + "/viewer/#token=right")
	page.WaitConnected(patience)
	page.WaitFrames(3, patience)
	page.Wait("causeway.stream.permissions === 7 && causeway.stream.inputOpen && causeway.stream.hasPicture", patience)
	page.Press("x")
	host.Wait("got.some((i) => i.type === 'text' && i.text === 'x')", patience)
	page.Wait("document.querySelector('.card').hidden", patience)
	check(t, host, "the viewer's picture", `
		const [peer] = stream.peers;
		stream.setPeerPermission(peer, 0);
		return stream.peers.length;`, 1)
	page.Wait("causeway.stream.permissions === 0 && document.body.innerText.includes('watching only')", patience)
	if s := page.Stats(); s.Codec == "" || s.Width != 320 || s.FramesDecoded == 0 {
		t.Errorf("stats: %+v", s)
	}
	if errors := page.Errors(); len(errors) > 0 {
		t.Errorf("console: %q", errors)
	}
	page.Open("about:blank")
	page.Open(origin + "/viewer/#token=wrong")
	page.WaitState("failed", patience)
	if text := told(page); text == "" {
		t.Error("the page does not say why")
	}
}

func TestNonsenseOverControlHarmsNobody(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	check(t, b, "messages that nobody who keeps the rules would send", `
		const { host, toHost, toViewer } = await pair({ watch: true });
		host.publish(canvas());
		await plays(toHost.stream);
		const stream = { id: 9, name: 'x', kind: 'desktop', level: 31, tracks: [{ kind: 'video' }] };
		const messages = [
			{ type: 'accept', request: 77, stream, level: 31, input: 128, motion: 129 },
			{ type: 'accept', request: 0, stream, level: 31, input: 255, motion: 3 },
			...Array.from({ length: 40 }, (_, i) => ({ type: 'accept', request: 0, stream: { ...stream, id: 100 + i }, level: 31 })),
			{ type: 'channel', channel: 255, label: 'control', mode: 'reliable' }, { type: 'channel', channel: 1, label: 'x', mode: 'reliable' },
			{ type: 'channel', channel: 250, label: 'y'.repeat(1000), mode: 'reliable' }, { type: 'channel-open', channel: 230 },
			{ type: 'channel-refuse', channel: 231, code: 'x' }, { type: 'refuse', request: 5, code: '__proto__' }, { type: 'level', stream: 50, level: 31 },
			{ type: 'end', stream: 50 }, { type: 'withdraw', stream: 50 }, { type: 'leave', stream: 50 }, { type: 'join', request: 1, stream: 50 },
			...Array.from({ length: 40 }, (_, i) => ({ type: 'request', request: i })), { type: 'pong', t: 'x', now: {}, rtp: 7 }, { type: 'pong', t: 1e300, now: 1 },
			{ type: 'ping', t: [] }, { type: 'viewport', stream: 1, width: 'wide' }, { type: 'watch', stream: 1, on: 'yes' }, { type: 'hello' }, null, [], 'x', 7,
		];
		for (const [from, name] of [[toHost, 'viewer'], [toViewer, 'host']]) {
			const raw = from.link.control.channel;
			for (const message of messages) raw.send(JSON.stringify(message));
			raw.send('{'.repeat(60_000));
			raw.send(new Uint8Array(100));
		}
		const channel = await toHost.createDataChannel({ id: 'still' });
		toViewer.dataChannels.get('still').on('message', (m) => m.respond(m.data));
		const answer = await channel.request(bytes(5));
		await plays(toHost.stream);
		return [answer.length, toHost.state, toViewer.state, toHost.streams.size <= 17];`,
		[]any{float64(5), "connected", "connected", true})
	if errors := b.Errors(); len(errors) > 0 {
		t.Errorf("console: %q", errors)
	}
}
