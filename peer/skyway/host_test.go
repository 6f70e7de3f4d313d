package skyway

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
	"github.com/causeway-rtc/causeway/streams"
)

const token = "the right token"

// desk is a host, and what it does.
type desk struct {
	*Peer
	stream *streams.Stream
	tape   *peertest.Tape
}

// newDesk runs a host at s under the id "desk".
func newDesk(t testing.TB, s *skywayserver.Server, rooms []HostRoom, tracks ...*streams.Track) *desk {
	t.Helper()
	d := &desk{tape: &peertest.Tape{}}
	var err error
	d.stream, err = streams.New(streams.Options{Name: "desktop", Tracks: tracks, Injector: d.tape, Level: input.All})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.stream.Close() })
	d.Peer = run(t, "desk", Options{Server: s})
	h, err := NewHost(HostOptions{
		Peer: d.Peer, Stream: d.stream, Rooms: rooms, Log: testLog(t),
		Addr:   func(id string) string { return s.Addr(openKey, id) },
		Verify: VerifyToken(auth.NewGuard(token, auth.Options{Tries: 1000})),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if err := d.WaitOpen(soon(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the host runs", h.desk.Running)
	return d
}

func withToken(token string) map[string]string { return map[string]string{"token": token} }

func TestHostTakesInput(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	d := newDesk(t, s, nil)
	p := runOpen(t, "visitor", Options{Server: s})
	c, err := p.Connect(soon(t), "desk", ConnectOptions{Label: InputLabel, Metadata: withToken(token)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(soon(t), input.Append(nil, input.Key{Code: 30, Down: true})); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key is down", func() bool { return len(d.tape.Events()) == 1 })
	if viewers := d.stream.Viewers(); !reflect.DeepEqual(viewers, []string{"visitor/" + c.ID()}) {
		t.Errorf("%q", viewers)
	}
	_ = c.Close(true) // with the key down
	eventually(t, "the key goes up", func() bool { return len(d.tape.Events()) == 2 })
}

// refusalOf waits for the reason and the end of a connection.
func refusalOf(t *testing.T, c *DataConnection) map[string]any {
	t.Helper()
	v := receive(t, c)
	if text, ok := v.(string); ok {
		var m map[string]any
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		v = m
	}
	if _, err := c.Receive(soon(t)); !errors.Is(err, ErrHungUp) {
		t.Errorf("after the reason: %v", err)
	}
	m, _ := v.(map[string]any)
	return m
}

func TestHostRefuses(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	d := newDesk(t, s, nil, source(t))
	p := runOpen(t, "visitor", Options{Server: s})
	for serialization, metadata := range map[string]any{Binary: nil, JSON: withToken("wrong"), None: map[string]any{"token": 7}} {
		c, err := p.Connect(soon(t), "desk", ConnectOptions{Label: InputLabel, Metadata: metadata, Serialization: serialization})
		if err != nil {
			t.Fatal(err)
		}
		if m := refusalOf(t, c); m["error"] != "token" || m["message"] == "" {
			t.Errorf("%v: %v", metadata, m)
		}
		m, err := p.Call(soon(t), "desk", CallOptions{Metadata: metadata})
		if err != nil {
			t.Fatal(err)
		}
		<-m.Done()
		if !errors.Is(m.Err(), ErrHungUp) || len(m.Tracks()) != 0 {
			t.Errorf("a call: %v", m.Err())
		}
	}
	for label, sent := range map[string][]byte{"other": nil, InputLabel: {0xff, 0xff}} {
		c, err := p.Connect(soon(t), "desk", ConnectOptions{Label: label, Metadata: withToken(token)})
		if err != nil {
			t.Fatal(err)
		}
		if sent != nil {
			if err := c.Send(soon(t), sent); err != nil {
				t.Fatal(err)
			}
		}
		if m := refusalOf(t, c); m["error"] != "rejected" {
			t.Errorf("%s: %v", label, m)
		}
	}
	if n := len(d.tape.Events()); n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestStockPagesSeeTheDesktop(t *testing.T) {
	r := newStock(t, skywayserver.Options{SFU: newForwarder(t)})
	d := newDesk(t, r.server, []HostRoom{{Name: "m", Mode: Mesh}, {Name: "s", Mode: SFU}}, pattern(t))
	r.Expect("window.page = await opened('page', KEY); return page.id", "page")
	for _, stream := range []string{"undefined", "drawing('red')"} {
		r.Expect("window.out = page.call('desk', "+stream+", {metadata: {token: '"+token+"'}}); await playing(await once(out, 'stream')); return out.remoteId", "desk")
		eventually(t, "the page is a viewer", func() bool { return len(d.stream.Viewers()) == 1 })
		r.Expect("out.close(true); return out.open", "false")
		eventually(t, "the page is gone", func() bool { return len(d.stream.Viewers()) == 0 })
	}
	r.Expect(`window.out = page.call('desk', drawing('red'), {metadata: {token: 'wrong'}}); out.on('stream', () => window.seen = true);
		await new Promise((resolve) => out.on('close', resolve)); return window.seen`, "undefined")
	// The person at the page types.
	r.Expect("window.c = page.connect('desk', {label: 'input', metadata: {token: '"+token+"'}}); await once(c, 'open'); c.send(new Uint8Array([1, 1, 0, 30])); return 1", "1")
	eventually(t, "the key is down", func() bool { return len(d.tape.Events()) == 1 })
	r.Expect("c.close(); return 1", "1")
	eventually(t, "the key goes up", func() bool { return len(d.tape.Events()) == 2 })
	r.Expect(`window.c = page.connect('desk', {label: 'input', serialization: 'none', metadata: {token: 'wrong'}});
		const gone = new Promise((resolve) => c.on('close', resolve)); const m = await once(c, 'data'); await gone; return JSON.parse(m).error`, "token")
	// In rooms all see it.
	for _, room := range []string{"'m', 'mesh'", "'s', 'sfu'"} {
		r.Expect("const room = await enter(page, "+room+", drawing('red')); await until(() => room.said.stream.length === 1); await playing(room.said.stream[0]); room.close(); return room.said.stream[0].peerId", "desk")
	}
}
