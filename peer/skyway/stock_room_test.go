package skyway

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/sfu"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
	"github.com/causeway-rtc/causeway/streams"
)

// forwarder is an SFU as the server knows one.
type forwarder struct{ *sfu.SFU }

func (f forwarder) Join(room, member string, o skywayserver.SFUOptions) (skywayserver.SFUMember, error) {
	m, err := f.SFU.Join(room, member, sfu.MemberOptions(o))
	if err != nil {
		return nil, err // and no member that is nil
	}
	return m, nil
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

// enterAll has three pages join a room, each with a picture.
const enterAll = `window.peers = await Promise.all(['a', 'b', 'c'].map((id) => opened(id, KEY)));
	window.rooms = [];
	for (const p of peers) rooms.push(await enter(p, 'r', 'MODE', drawing('red')));
	return rooms.length`

// seen waits until each page shows three streams, and returns whose.
const seen = `await until(() => rooms.every((x) => x.said.stream.length === 3));
	await Promise.all(rooms.flatMap((x) => x.said.stream).map(playing));
	return rooms.map((x) => x.said.stream.map((s) => s.peerId).sort().join('')).join(' ')`

// watchAll waits until chunks of a member's track come from everybody.
func watchAll(t *testing.T, r *Room, started <-chan RoomTrackStarted, want ...string) {
	t.Helper()
	seen := map[string]bool{}
	for len(seen) < len(want) {
		e := next(t, started)
		if e.Room == r && e.Track.Kind().String() == "video" {
			chunks(t, e.Track)
			seen[e.ID] = true
		}
	}
	for _, id := range want {
		if !seen[id] || len(r.Tracks()[id]) == 0 {
			t.Errorf("nothing of %s is seen", id)
		}
	}
}

func TestStockPagesMeetUsInAMesh(t *testing.T) { eachTransport(t, stockPagesMeetUsInAMesh) }

func stockPagesMeetUsInAMesh(t *testing.T, noUpgrade bool) {
	r := newStock(t, skywayserver.Options{NoUpgrade: noUpgrade})
	p := runOpen(t, "go", Options{URL: r.URL()})
	started, data, joined, left := collect[RoomTrackStarted](p), collect[RoomData](p), collect[PeerJoined](p), collect[PeerLeft](p)
	// Two are there before us, and one comes after.
	r.Expect(`window.peers = await Promise.all(['a', 'b', 'zoe'].map((id) => opened(id, KEY)));
		window.rooms = [await enter(peers[0], 'r', 'mesh', drawing('red')), await enter(peers[1], 'r', 'mesh', drawing('red'))];
		return rooms.length`, "2")
	room, err := p.JoinRoom(soon(t), "r", RoomOptions{CallOptions: CallOptions{Tracks: []*streams.Track{pattern(t)}}})
	if err != nil {
		t.Fatal(err)
	}
	r.Expect("rooms.push(await enter(peers[2], 'r', 'mesh', drawing('red'))); return rooms.length", "3")
	r.Expect(seen, "bgozoe agozoe abgo")
	watchAll(t, room, started, "a", "b", "zoe")
	if e := next(t, joined); e.ID != "zoe" || !reflect.DeepEqual(room.Members(), []string{"a", "b", "zoe"}) || len(room.Connections()) != 3 || len(p.Connections()) != 0 {
		t.Errorf("%s joined, %q", e.ID, room.Members())
	}
	r.Expect("rooms[0].send('é😀'); rooms[0].send(new Uint8Array([1, 2, 255]).buffer); rooms[0].send({deep: [new Uint8Array([7]).buffer], n: -1.5}); return 1", "1")
	for _, want := range []any{"é😀", []byte{1, 2, 255}, map[string]any{"deep": []any{[]byte{7}}, "n": -1.5}} {
		if e := next(t, data); e.ID != "a" || !reflect.DeepEqual(e.Data, want) {
			t.Errorf("%s sent %v, want %v", e.ID, e.Data, want)
		}
	}
	for _, v := range []any{"é😀", []byte{1, 2, 255}, map[string]any{"deep": []any{[]byte{7}}}} {
		if err := room.Send(soon(t), v); err != nil {
			t.Fatal(err)
		}
	}
	r.Expect(`const d = rooms[1].said.data;
		await until(() => d.filter((x) => x.src === 'go').length === 3);
		const [text, bytes, object] = d.filter((x) => x.src === 'go').map((x) => x.data);
		return [text, new Uint8Array(bytes), new Uint8Array(object.deep[0])].join(' ')`, "é😀 1,2,255 7")
	entries, err := room.Log(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	var last struct{ MessageType, PeerID string }
	if err := json.Unmarshal([]byte(entries[len(entries)-1]), &last); err != nil || last.MessageType != "ROOM_DATA" || last.PeerID != "go" {
		t.Errorf("%+v, %v", last, err)
	}
	// We show something else, in the same stream.
	if err := room.ReplaceStream([]*streams.Track{pattern(t)}); err != nil {
		t.Fatal(err)
	}
	r.Expect("await Promise.all(rooms.flatMap((x) => x.said.stream).map(playing)); return rooms[0].said.stream.length", "3")
	r.Expect("rooms[0].close(); return 1", "1")
	if e := next(t, left); e.ID != "a" {
		t.Errorf("%s left", e.ID)
	}
	eventually(t, "the connection with who has left ends", func() bool { return len(room.Connections()) == 2 })
	_ = room.Close()
	r.Expect("await until(() => rooms[1].said.peerLeave.includes('go')); return rooms[1].said.peerLeave.length", "2")
	if len(p.Rooms()) != 0 {
		t.Error("we are in a room")
	}
}

func TestStockPagesMeetUsAtAnSFU(t *testing.T) { eachTransport(t, stockPagesMeetUsAtAnSFU) }

func stockPagesMeetUsAtAnSFU(t *testing.T, noUpgrade bool) {
	r := newStock(t, skywayserver.Options{SFU: newForwarder(t), NoUpgrade: noUpgrade})
	p := runOpen(t, "go", Options{URL: r.URL()})
	started, left := collect[RoomTrackStarted](p), collect[PeerLeft](p)
	r.Expect(strings.Replace(enterAll, "MODE", "sfu", 1), "3")
	room, err := p.JoinRoom(soon(t), "r", RoomOptions{Mode: SFU, CallOptions: CallOptions{Tracks: []*streams.Track{pattern(t)}}})
	if err != nil {
		t.Fatal(err)
	}
	r.Expect(seen, "bcgo acgo abgo")
	watchAll(t, room, started, "a", "b", "c")
	if members := room.Members(); !slices.Equal(members, []string{"a", "b", "c"}) {
		t.Errorf("%q", members)
	}
	if err := room.ReplaceStream(nil); err != nil {
		t.Fatal(err)
	}
	r.Expect(`const of = rooms.map((x) => x.said.stream.find((s) => s.peerId === 'go'));
		await until(() => of.every((s) => !s.active || s.getVideoTracks().every((t) => t.muted))); return of.length`, "3")
	if err := room.ReplaceStream([]*streams.Track{pattern(t)}); err != nil {
		t.Fatal(err)
	}
	r.Expect("await until(() => rooms.every((x) => x.said.stream.length === 4)); await Promise.all(rooms.map((x) => playing(x.said.stream[3]))); return rooms[0].said.stream[3].peerId", "go")
	r.Expect("rooms[2].close(); return 1", "1")
	if e := next(t, left); e.ID != "c" {
		t.Errorf("%s left", e.ID)
	}
	eventually(t, "its tracks are gone", func() bool { return len(room.Tracks()["c"]) == 0 })
	_ = room.Close()
	r.Expect("await until(() => rooms[0].said.peerLeave.includes('go')); return rooms[0].members", "b")
}

func TestRoomsOutliveTheBroker(t *testing.T) {
	at := newForwarder(t)
	r := newStock(t, skywayserver.Options{SFU: at})
	p := runOpen(t, "go", Options{URL: r.URL()})
	opened, started, left := collect[RoomOpened](p), collect[RoomTrackStarted](p), collect[Left](p)
	var rooms []*Room
	for name, mode := range map[string]RoomMode{"m": Mesh, "s": SFU} {
		room, err := p.JoinRoom(soon(t), name, RoomOptions{Mode: mode, CallOptions: CallOptions{Tracks: []*streams.Track{pattern(t)}}})
		if err != nil {
			t.Fatal(err)
		}
		next(t, opened)
		rooms = append(rooms, room)
	}
	r.Expect("window.a = await opened('a', KEY); window.lost = until(() => !a.open); return a.id", "a")
	r.Stop()
	next(t, left)
	r.Start()
	for range rooms {
		next(t, opened)
	}
	// A stock page comes back by itself, but not into its rooms.
	r.Expect(`await lost; await until(() => a.open);
		window.rooms = [await enter(a, 'm', 'mesh', drawing('red')), await enter(a, 's', 'sfu', drawing('red'))];
		await until(() => rooms.every((x) => x.said.stream.length === 1));
		await Promise.all(rooms.map((x) => playing(x.said.stream[0])));
		return rooms.map((x) => x.said.stream[0].peerId)`, "go,go")
	for range rooms {
		chunks(t, next(t, started).Track)
	}
}
