package peerjs

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/peerserver"
	"github.com/causeway-rtc/causeway/peer/peertest"
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
func newDesk(t testing.TB, s *peerserver.Server, tracks ...*streams.Track) *desk {
	t.Helper()
	d := &desk{tape: &peertest.Tape{}}
	var err error
	d.stream, err = streams.New(streams.Options{Name: "desktop", Tracks: tracks, Injector: d.tape, Level: input.All})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.stream.Close() })
	d.Peer = run(t, "desk", Options{Server: s, MaxValue: 256 << 10, MaxPerPeer: 4})
	h, err := NewHost(HostOptions{
		Peer: d.Peer, Stream: d.stream, Addr: s.Addr, Log: testLog(t),
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

var (
	aDown = input.Append(nil, input.Key{Code: 30, Down: true})
	aUp   = input.Append(nil, input.Key{Code: 30})
)

func withToken(token string) map[string]string { return map[string]string{"token": token} }

func TestHostTakesInput(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	d := newDesk(t, s)
	p := runOpen(t, "visitor", Options{Server: s})
	c, err := p.Connect(soon(t), "desk", ConnectOptions{Label: InputLabel, Metadata: withToken(token), Reliable: true})
	if err != nil {
		t.Fatal(err)
	}
	send := func(b []byte) {
		t.Helper()
		if err := c.Send(soon(t), b); err != nil {
			t.Fatal(err)
		}
	}
	send(aDown)
	eventually(t, "the key is down", func() bool { return len(d.tape.Events()) == 1 })
	if viewers := d.stream.Viewers(); !reflect.DeepEqual(viewers, []string{"visitor/" + c.ID()}) {
		t.Errorf("%q", viewers)
	}
	send(input.Append(nil, input.Move{Seq: 1, X: 5, Y: 6}))
	eventually(t, "the pointer moves", func() bool { return len(d.tape.Events()) == 2 })
	_ = c.Close() // with the key down
	eventually(t, "the key goes up", func() bool { return len(d.tape.Events()) == 3 })
	if e := d.tape.Events(); e[0] != any(input.Key{Code: 30, Down: true}) || e[2] != any(input.Key{Code: 30}) {
		t.Errorf("%v", e)
	}
}

func TestHostObeysLevels(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	d := newDesk(t, s)
	p := runOpen(t, "visitor", Options{Server: s})
	c, err := p.Connect(soon(t), "desk", ConnectOptions{Label: InputLabel, Metadata: withToken(token), Serialization: Raw, Reliable: true})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is a viewer", func() bool { return len(d.stream.Viewers()) == 1 })
	if err := d.stream.SetLevel(input.Mouse); err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{aDown, aUp, input.Append(nil, input.Move{Seq: 1, X: 5, Y: 6})} {
		if err := c.Send(soon(t), b); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the pointer moves", func() bool { return len(d.tape.Events()) > 0 })
	if e := d.tape.Events(); len(e) != 1 {
		t.Errorf("%v", e)
	}
}

// refusal waits for the reason and the end of a connection.
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
	s := newServer(t, peerserver.Options{})
	d := newDesk(t, s, pattern(t))
	p := runOpen(t, "visitor", Options{Server: s})
	for _, metadata := range []any{nil, withToken("wrong"), withToken(""), "text", []int{1}, map[string]any{"token": 7}} {
		for _, serialization := range []string{Binary, JSON, Raw, MsgPack} {
			c, err := p.Connect(soon(t), "desk", ConnectOptions{Label: InputLabel, Metadata: metadata, Serialization: serialization})
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Send(soon(t), string(aDown)) // is not looked at
			if m := refusalOf(t, c); m["error"] != "token" || m["message"] == "" {
				t.Errorf("%v: %v", metadata, m)
			}
		}
		m, err := p.Call(soon(t), "desk", CallOptions{Metadata: metadata, Tracks: []*streams.Track{pattern(t)}})
		if err == nil {
			<-m.Done()
			err = m.Err()
		}
		if !errors.Is(err, ErrHungUp) || len(d.tape.Events()) != 0 {
			t.Errorf("a call: %v", err)
		}
	}
	c, err := p.Connect(soon(t), "desk", ConnectOptions{Label: "other", Metadata: withToken(token)})
	if err != nil {
		t.Fatal(err)
	}
	if m := refusalOf(t, c); m["error"] != "rejected" {
		t.Error(m)
	}
	c, err = p.Connect(soon(t), "desk", ConnectOptions{Label: InputLabel, Metadata: withToken(token)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(soon(t), []byte{0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	if m := refusalOf(t, c); m["error"] != "rejected" {
		t.Error(m)
	}
}

func TestStockPagesSeeTheDesktop(t *testing.T) {
	r := newStock(t)
	d := newDesk(t, r.server, pattern(t))
	const call = "window.page = await open('%v', '%v' + Math.random().toString(36).slice(2)); delete window.theirs; window.over = false;" +
		"window.out = page.call('desk', %stream, {metadata: {token: '%token'}, constraints: %constraints});" +
		"out.on('close', () => window.over = true); out.on('stream', (s) => { window.theirs = s; window.streams = (window.streams ?? new Set()).add(s?.id); });"
	for _, v := range versions {
		for _, way := range [][2]string{
			{"drawing('red')", "{}"}, // the page's line for video is used
			{"new MediaStream()", "{offerToReceiveVideo: true, offerToReceiveAudio: true}"}, // and no sound is no stream
			{"sound()", "{}"}, // there is none: the page is called back
		} {
			r.Eval("window.sound = () => new AudioContext().createMediaStreamDestination().stream", nil)
			script := replace(call, "%v", v, "%stream", way[0], "%constraints", way[1])
			r.eval(replace(script, "%token", token))
			r.Wait("window.theirs", patience)
			r.Expect("return await playing(theirs) > 64", "true")
			r.Expect("const n = window.streams?.size ?? 1; delete window.streams; return n", "1")
			if n := len(d.stream.Viewers()); n != 1 {
				t.Errorf("%s %s: %d viewers", v, way, n)
			}
			r.eval("out.close()")
			if v == "v147" { // whose end only the lack of an answer shows
				r.eval("page.destroy()")
			}
			eventually(t, "the page is gone", func() bool { return len(d.stream.Viewers()) == 0 && len(d.Connections()) == 0 })
			r.eval("page.destroy()")
			// And with a wrong token.
			start := time.Now()
			r.eval(replace(script, "%token", "wrong"))
			r.Wait("window.over", patience)
			t.Logf("refused after %v", time.Since(start))
			r.Expect("return String(window.theirs)", "undefined")
			r.eval("page.destroy()")
		}
	}
	r.eval("window.page = await open('v155', 'page'); window.c = page.connect('desk', {label: 'input', reliable: true, serialization: 'raw', metadata: {token: '" + token + "'}}); await once(c, 'open'); c.send(new Uint8Array([1, 1, 0, 30]))")
	eventually(t, "the key is down", func() bool { return len(d.tape.Events()) == 1 })
	r.eval("c.close()")
	eventually(t, "the key goes up", func() bool { return len(d.tape.Events()) == 2 })
	for _, v := range versions {
		r.Expect("const p = await open('"+v+"', 'bad"+v+"'); const c = p.connect('desk', {label: 'input', metadata: {token: 'wrong'}});"+
			"const closed = new Promise((resolve) => c.on('close', resolve)); const m = await once(c, 'data'); await closed; return m.error", "token")
	}
}
