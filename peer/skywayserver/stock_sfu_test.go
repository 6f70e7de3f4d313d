package skywayserver

import (
	"fmt"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/backends"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/sfu"
	"github.com/causeway-rtc/causeway/streams"
)

// forwarder is an SFU as the server knows one.
type forwarder struct{ *sfu.SFU }

func (f forwarder) Join(room, member string, o SFUOptions) (SFUMember, error) {
	return f.SFU.Join(room, member, sfu.MemberOptions(o))
}

func newForwarder(t *testing.T) forwarder {
	t.Helper()
	s, err := sfu.New(sfu.Options{Log: peertest.Log(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return forwarder{s}
}

// desktop is a stream with a picture that moves.
func desktop(t *testing.T) *streams.Stream {
	t.Helper()
	encoders, err := encode.Find(codecs.All, encode.VP8, "")
	if err != nil {
		t.Fatal(err)
	}
	track := streams.NewTrack("desktop", streams.NewVideo(streams.VideoOptions{
		Backends: backends.All, Backend: "pattern", Capture: capture.Options{FPS: 30},
		Codecs: []encode.Codec{encode.VP8}, Encoders: encoders, FPS: 30, Bitrate: 1_000_000,
	}))
	stream, err := streams.New(streams.Options{Name: "desktop", Tracks: []*streams.Track{track}, Level: input.None})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stream.Close() })
	return stream
}

// see waits until each room shows n streams, and returns whose are where.
func see(n int) string {
	return fmt.Sprintf(`await until(() => rooms.every((x) => x.said.stream.length === %d));
		await Promise.all(rooms.flatMap((x) => x.said.stream).map(playing));
		return rooms.map((x) => x.said.stream.map((s) => s.peerId).sort().join('')).join(' ')`, n)
}

func TestStockPagesMeetAtAnSFU(t *testing.T) {
	eachTransport(t, func(t *testing.T, noUpgrade bool, _ string) {
		r := newStockRig(t, Options{NoUpgrade: noUpgrade, SFU: newForwarder(t)})
		r.expect(`window.peers = await Promise.all(['a', 'b', 'c'].map((id) => opened(id, KEY)));
			window.rooms = [];
			for (const p of peers) rooms.push(await enter(p, 'r', 'sfu', drawing('red')));
			await until(() => rooms[0].said.peerJoin.length === 2 && rooms[1].said.peerJoin.length === 1);
			return rooms.map((x) => x.members.join('') + x.said.peerJoin.join('')).join(' ')`, "bcbc acc ab")
		r.expect(see(2), "bc ac ab")
		// Who comes late, with nothing to show, sees them as well.
		r.expect(`window.peers.push(await opened('d', KEY));
			window.all = rooms;
			window.rooms = [await enter(peers[3], 'r', 'sfu')];
			`+see(3), "abc")
		// Who leaves takes its stream with it, and can come back.
		r.expect(`all[1].close();
			await until(() => [all[0], all[2], rooms[0]].every((x) => x.said.peerLeave.length === 1));
			return [all[0].members, Object.values(all[0].remoteStreams).map((s) => s.peerId), rooms[0].said.peerLeave].join(' ')`, "c,d c b")
		r.expect(`await until(() => rooms[0].said.stream.filter((s) => s.active).length === 2);
			return rooms[0].said.stream.filter((s) => s.active).map((s) => s.peerId).sort()`, "a,c")
		r.expect(`all[1] = await enter(peers[1], 'r', 'sfu', drawing('blue'));
			await until(() => rooms[0].said.stream.length === 4 && all[1].said.stream.length === 2);
			await Promise.all([rooms[0].said.stream[3], ...all[1].said.stream].map(playing));
			return rooms[0].said.stream[3].peerId`, "b")
		r.expect(`all[0].send('é');
			all[0].send(new Uint8Array([1, 2, 255]).buffer);
			await until(() => [all[1], all[2], rooms[0]].every((x) => x.said.data.length === 2));
			const [text, bytes] = rooms[0].said.data;
			return [text.src, text.data, new Uint8Array(bytes.data), all[0].said.data.length].join(' ')`, "a é 1,2,255 0")
	})
}

func TestStockPagesSeeADesktopAtAnSFU(t *testing.T) {
	at := newForwarder(t)
	r := newStockRig(t, Options{SFU: at})
	host, err := r.server.Dial(openKey, "host", "")
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	if err := host.Send(Event{Name: "ROOM_JOIN", Arg: []byte(`{"roomName":"r","roomType":"sfu"}`)}); err != nil {
		t.Fatal(err)
	}
	stream := desktop(t)
	stop, err := at.Publish(SFURoom(openKey, "r"), "host", stream)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	r.expect(`window.peers = await Promise.all(['a', 'b'].map((id) => opened(id, KEY)));
		window.rooms = [await enter(peers[0], 'r', 'sfu', drawing('red')), await enter(peers[1], 'r', 'sfu')];
		return rooms[1].members.sort()`, "a,host")
	r.expect("await until(() => rooms[0].said.stream.length === 1 && rooms[1].said.stream.length === 2);"+
		"window.shown = rooms.flatMap((x) => x.said.stream); await Promise.all(shown.map(playing));"+
		"return shown.map((s) => s.peerId).sort()", "a,host,host")
	stop()
	r.expect("const of = shown.filter((s) => s.peerId === 'host'); await until(() => of.every((s) => !s.active)); return of.length", "2")
}
