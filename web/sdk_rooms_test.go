package web_test

import "testing"

func TestRooms(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	check(t, b, "three meet at once, publish, send and leave", `
		const members = [1, 2, 3].map((n) => open({ externalId: 'member ' + n }).joinRoom('parlour', { metadata: { n } }));
		const got = [];
		for (const room of members) {
			room.openChannel({ id: 5, label: 'chat' });
			room.on('message', ({ remote, channel, data }) => got.push([room.id, remote.externalId, channel.label, data].join()));
		}
		await until(() => members.every((room) => [...room.remotes.values()].filter((r) => r.state === 'connected' && r.isCauseway).length === 2));
		const opened = (room) => [...room.remotes.values()].filter((remote) => room.channelsOf(remote).get(5)?.readyState === 'open').length === 2;
		await until(() => members.every(opened));
		members[0].send('hello', { id: 5 });
		await until(() => got.length === 2);
		members[1].send('to one', { label: 'chat', filter: ({ remote }) => remote.id === members[0].id });
		await until(() => got.length === 3);
		const seen = Promise.all(members.slice(1).map((room) => next(room, 'publish')));
		const stream = members[0].publish(canvas());
		const tracks = await seen;
		const watched = members[1].remotes.get(members[0].id).stream;
		await plays(watched);
		const gone = Promise.all(members.slice(1).map((room) => next(room, 'unpublish')));
		members[0].unpublish(stream);
		await gone;
		const left = Promise.all(members.slice(1).map((room) => next(room, 'state', ({ state }) => state === 'failed')));
		members[0].leave();
		await left;
		return [got[0].endsWith('member 1,chat,hello'), got[2] === members[0].id + ',member 2,chat,to one', tracks[0].track.kind === 'video',
			members[1].remotes.size === 1, members[0].active];`,
		[]bool{true, true, true, true, false})
	check(t, b, "who is not allowed does not connect", `
		const one = open().joinRoom('club', { metadata: 'member', verify: ({ metadata }) => metadata === 'member' });
		await until(() => one.setup.signal.open);
		const two = open().joinRoom('club', { metadata: 'guest', verify: async () => true });
		const three = open().joinRoom('club', { metadata: 'member' });
		await until(() => one.remotes.get(three.id)?.state === 'connected' && two.remotes.get(three.id)?.state === 'connected');
		return [one.remotes.has(two.id), one.remotes.size];`, []any{false, float64(1)})
	check(t, b, "no number of ours is the application's", `
		const room = open().joinRoom('x');
		return [128, 254, 255, 1023, -1, 1.5].map((id) => { try { room.openChannel(id); return 'fine'; } catch (error) { return error.code; } }).join();`,
		"unsupported,unsupported,unsupported,unsupported,unsupported,unsupported")
}

func TestRoomsMeshWithPeerix(t *testing.T) {
	t.Parallel()
	b := sdkPage(t)
	b.Eval("import('/peerix.js')", nil)
	for _, first := range []string{"ours", "theirs"} {
		check(t, b, first+" first", `
			const name = 'mixed-`+first+`';
			const join = () => open().joinRoom(name);
			let room, client;
			if (name === 'mixed-ours') {
				room = join();
				await until(() => room.setup.signal.open);
				client = peerix(name, { stream: canvas(80, 60), metadata: { who: 'peerix' } });
			} else {
				client = peerix(name, { stream: canvas(80, 60), metadata: { who: 'peerix' } });
				await client.joined;
				room = join();
			}
			const got = [];
			const published = next(room, 'publish');
			room.on('message', ({ data }) => got.push(data));
			room.openChannel(0);
			room.publish(canvas(120, 90));
			await until(() => room.remotes.get(client.id)?.state === 'connected');
			await until(() => client.tracks.length === 1);
			const { track, stream } = await published;
			const video = Object.assign(document.createElement('video'), { srcObject: stream, muted: true, autoplay: true });
			document.body.append(video);
			await until(() => video.videoWidth === 80);
			const theirs = Object.assign(document.createElement('video'), { srcObject: new MediaStream(client.tracks), muted: true, autoplay: true });
			document.body.append(theirs);
			await until(() => theirs.videoWidth === 120);
			await until(() => {
				client.send('from them');
				room.send('from us');
				return got.length > 0 && client.messages.length > 0;
			});
			const causeway = room.remotes.get(client.id).isCauseway;
			client.leave();
			await until(() => room.remotes.size === 0);
			return [track.kind, got[0], client.messages[0], String(causeway)];`,
			[]string{"video", "from them", "from us", "false"})
	}
}
