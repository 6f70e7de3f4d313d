package skywayserver

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/internal/stocktest"
	"github.com/causeway-rtc/causeway/peer/skywayserver/skywayservertest"
)

// stockRig is a browser with stock clients, and a server.
type stockRig struct {
	*skywayservertest.Rig
	t      *testing.T
	server *Server // the one that runs
}

// newStockRig opens the page with a server of its own.
func newStockRig(t *testing.T, o Options) *stockRig {
	t.Helper()
	o.Keys = testKeys()
	r := &stockRig{t: t}
	r.Rig = skywayservertest.New(t, func() stocktest.Server {
		r.server = New(o)
		return r.server
	}, "KEY", openKey, "SECRET", secretKey)
	return r
}

func (r *stockRig) expect(script, want string) {
	r.t.Helper()
	r.Expect(script, want)
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
		r.CutOff("b")
		r.expect(settled, "b")
		r.Eval("b.socket._io.io.reconnection(false)", nil)
		r.CutOff("b")
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
	r.CutOff("a")
	r.expect("await until(() => a.open); return a.fetchPeerExists('a')", "true")
	r.expect("a.updateCredential("+credential("b", time.Hour)+"); return (await once(a, 'error')).type", Authentication)
	r.expect("await until(() => !a.open); return a.open", "false")
}

func TestStockPagesOutliveTheBroker(t *testing.T) {
	eachTransport(t, func(t *testing.T, noUpgrade bool, _ string) {
		r := newStockRig(t, Options{NoUpgrade: noUpgrade})
		r.expect("window.a = await opened('a', KEY); window.b = await opened('b', KEY); window.lost = Promise.all([until(() => !a.open), until(() => !b.open)]); return a.id + b.id", "ab")
		r.Stop()
		r.Start() // a new server, which knows nobody
		r.expect("await lost; await until(() => a.open && b.open); return [a.id, b.id]", "a,b")
		eventually(t, "the peers are back", func() bool { return r.server.Stats().Peers == 2 })
		r.expect(`window.rooms = [await enter(a, 'again', 'mesh', drawing('red')), await enter(b, 'again', 'mesh', drawing('blue'))];
			await until(() => rooms.every((x) => x.said.stream.length === 1));
			await Promise.all(rooms.flatMap((x) => x.said.stream).map(playing));
			return rooms[0].said.peerJoin`, "b")
	})
}
