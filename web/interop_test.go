package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/pattern"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/broker"
	"github.com/causeway-rtc/causeway/peer/channel"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/streams"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// The tests of this file have a Go peer at one end and a browser at the other.

// goPeer runs a Go peer beside the pages of a broker, until the test ends.
func goPeer(t *testing.T, server *broker.Broker, o peer.Options) *peer.Peer {
	t.Helper()
	conn, err := server.Dial()
	if err != nil {
		t.Fatal(err)
	}
	o.Signal = conn
	if o.Verify == nil {
		o.Verify = peer.AllowAll
	}
	o.Log = slog.New(slog.NewTextHandler(peertest.Output(t), &slog.HandlerOptions{Level: slog.LevelInfo}))
	p, err := peer.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%s: %v", o.ID, err)
		}
		_ = conn.Close()
	})
	<-p.Ready()
	return p
}

// soon is a context for what takes no time on a machine that is not busy.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// patternStream is a real stream of a moving test pattern.
func patternStream(t *testing.T, name string, o streams.Options) *streams.Stream {
	t.Helper()
	video := streams.NewVideo(streams.VideoOptions{
		Backends: []capture.Backend{pattern.Backend}, Backend: pattern.Backend.Name, Capture: capture.Options{FPS: 30}, FPS: 30,
		Codecs: []encode.Codec{encode.H264, encode.VP8}, Encoders: codecs.All,
		Log: slog.New(slog.NewTextHandler(peertest.Output(t), nil)),
	})
	o.Name, o.Tracks = name, []*streams.Track{streams.NewTrack(name, video)}
	s, err := streams.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// events collects the events of one type that a peer has.
type events[E any] struct {
	mu  sync.Mutex
	all []E
	new chan struct{}
}

func listen[E any](t *testing.T, p *peer.Peer) *events[E] {
	l := &events[E]{new: make(chan struct{}, 1)}
	t.Cleanup(peer.On(p, func(e E) {
		l.mu.Lock()
		l.all = append(l.all, e)
		l.mu.Unlock()
		select {
		case l.new <- struct{}{}:
		default:
		}
	}))
	return l
}

// wait waits for one that passes, and returns it.
func (l *events[E]) wait(t *testing.T, passes func(E) bool) E {
	t.Helper()
	for ctx := soon(t); ; {
		l.mu.Lock()
		for _, e := range l.all {
			if passes(e) {
				l.mu.Unlock()
				return e
			}
		}
		l.mu.Unlock()
		select {
		case <-l.new:
		case <-ctx.Done():
			var e E
			t.Fatalf("no %T in time", e)
		}
	}
}

func TestGoAndBrowserConnect(t *testing.T) {
	t.Parallel()
	b, server := sdkPageBeside(t)
	host := goPeer(t, server, peer.Options{
		ID: "go", ExternalID: "a Go program",
		Verify: func(_ context.Context, j peer.Join) error {
			if j.Token != "right" {
				return peer.Refuse("not on Sundays")
			}
			return nil
		},
	})
	states := listen[peer.StateChanged](t, host)
	check(t, b, "a page connects to a Go peer", `
		const viewer = open({ externalId: 'Ada' });
		const peer = await viewer.connect('go', { token: 'right' });
		await until(() => peer.externalId);
		window.peer = peer;
		return [peer.state, peer.externalId, await failure(open().connect('go', { token: 'wrong' }))];`,
		[]string{"connected", "a Go program", "rejected: not on Sundays"})
	connected := states.wait(t, func(e peer.StateChanged) bool { return e.State == peer.StateConnected })
	b.Eval("peer.close()", nil)
	<-connected.Remote.Done()
	if got := connected.Remote.ExternalID(); got != "Ada" {
		t.Errorf("the external id of the page is %q", got)
	}

	// And a Go peer to a page.
	check(t, b, "a page is asked", `
		const host = open({ id: 'page', externalId: 'a page' });
		host.on('peer-request', (request) => request.metadata.token === 'ours' ? request.accept() : request.reject('who are you?'));
		await until(() => host.signal.open);
		return true;`, true)
	_, err := host.Connect(soon(t), "page", peer.ConnectOptions{Token: "guess"})
	if refusal, ok := errors.AsType[*peer.Reject](err); !ok || refusal.Code != peer.CodeRejected || refusal.Message != "who are you?" {
		t.Errorf("the page's refusal is %v", err)
	}
	r, err := host.Connect(soon(t), "page", peer.ConnectOptions{Token: "ours"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// connectPage connects a page, as window.peer, to a Go peer.
func connectPage(t *testing.T, b *webtest.Browser, p *peer.Peer, options string) *peer.Remote {
	t.Helper()
	states := listen[peer.StateChanged](t, p)
	b.Eval(fmt.Sprintf("(async () => { window.peer = await open({ externalId: 'page' }).connect(%q, %s); })()", p.ID(), options), nil)
	b.Wait("window.peer", patience)
	return states.wait(t, func(e peer.StateChanged) bool { return e.State == peer.StateConnected }).Remote
}

func TestGoAndBrowserTalk(t *testing.T) {
	t.Parallel()
	b, server := sdkPageBeside(t)
	host := goPeer(t, server, peer.Options{ID: "go"})
	opened := listen[peer.DataChannelOpened](t, host)
	r := connectPage(t, b, host, "{}")
	for _, mode := range []channel.Mode{channel.Reliable, channel.Unreliable} {
		b.Eval(fmt.Sprintf(`(async () => { window.channel = await peer.createDataChannel({ id: 'of the page, %[1]s', mode: %[1]q }); })()`, mode), nil)
		theirs := opened.wait(t, func(e peer.DataChannelOpened) bool { return e.Channel.Mode() == mode }).Channel
		b.Wait(fmt.Sprintf("window.channel?.id === %q", theirs.Label()), patience)
		talk(t, b, theirs)
		b.Eval(`void peer.on('datachannel', (channel) => { window.channel = channel; })`, nil)
		ours, err := r.CreateDataChannel(soon(t), "of the Go peer, "+string(mode), mode)
		if err != nil {
			t.Fatal(err)
		}
		b.Wait(fmt.Sprintf("channel.id === %q", ours.Label()), patience)
		talk(t, b, ours)
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
		b.Wait(fmt.Sprintf("!peer.dataChannels.has(%q)", ours.Label()), patience)
	}
	_, err := r.CreateDataChannel(soon(t), "of the page, reliable", channel.Reliable)
	if refusal, ok := errors.AsType[*peer.Reject](err); !ok || refusal.Code != peer.CodeTaken {
		t.Errorf("a label that is taken: %v", err)
	}
}

// talk sends texts, long messages and requests both ways between c and
// window.channel.
func talk(t *testing.T, b *webtest.Browser, c *peer.DataChannel) {
	t.Helper()
	ctx := soon(t)
	long := bytes.Repeat([]byte("causeway"), 5<<20/8)
	if c.Mode() == channel.Unreliable {
		long = long[:100_000]
	}
	b.Eval(`(() => {
		window.got = [];
		channel.on('message', (m) => {
			got.push(m);
			if (m.type === 'request') (m.data.length === 4 ? m.fail('as asked') : m.respond(m.data.toReversed()));
		});
	})()`, nil)
	// On an unreliable channel a busy machine loses some; of several, one comes.
	for n, heard := 0, false; !heard; n++ {
		if n == 0 || c.Mode() == channel.Unreliable && n%20 == 0 {
			if err := errors.Join(c.SendText(ctx, "grüße 🌉"), c.Send(ctx, long)); err != nil && !errors.Is(err, channel.ErrDropped) {
				t.Fatal(err)
			}
		}
		b.Eval(`got.some((m) => m.isText) && got.some((m) => !m.isText)`, &heard)
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the page has not heard everything")
		}
	}
	check(t, b, "what a page hears", `
		const text = got.find((m) => m.isText), long = got.find((m) => !m.isText);
		return [text.asString === 'grüße 🌉', long.data.length === `+fmt.Sprint(len(long))+`,
			long.data.every((value, i) => value === 'causeway'.charCodeAt(i % 8))];`, []bool{true, true, true})
	if c.Mode() == channel.Unreliable {
		return // a request that is lost is lost
	}
	answer, err := c.Request(ctx, []byte("abc"))
	if err != nil || string(answer) != "cba" {
		t.Errorf("the page answered %q, %v", answer, err)
	}
	if _, err := c.Request(ctx, []byte("fail")); err == nil {
		t.Error("the page did not fail as asked")
	}
	b.Eval(fmt.Sprintf(`(() => {
		channel.send(bytes(%d));
		window.answered = channel.request(bytes(5));
		window.refused = failure(channel.request(bytes(6)));
	})()`, len(long)), nil)
	for range 3 {
		m, err := c.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case !m.IsRequest():
			if len(m.Data) != len(long) || m.Data[1000] != 31*1000%251 {
				t.Errorf("%d bytes came of %d", len(m.Data), len(long))
			}
		case len(m.Data) == 5:
			err = m.Respond(ctx, []byte("five"))
		default:
			err = m.Fail(ctx, "six is too many")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	check(t, b, "a page's answers", `
		return [String.fromCharCode(...await answered), await refused];`, []string{"five", "failed: six is too many"})
}

func TestGoStreamsToBrowser(t *testing.T) {
	t.Parallel()
	b, server := sdkPageBeside(t)
	tape := &tape{}
	desktop := patternStream(t, "desktop", streams.Options{Injector: tape, Level: input.All})
	host := goPeer(t, server, peer.Options{
		ID: "go", Streams: []*streams.Stream{desktop},
		StreamRequest: func(_ context.Context, q peer.StreamRequest) (peer.Grant, error) {
			if q.Level == input.Keyboard {
				return peer.Grant{}, peer.Refuse("not the keyboard alone")
			}
			s := q.Stream
			if s == nil {
				s = q.Remote.Peer().Published()[0]
			}
			return peer.Grant{Stream: s, Level: q.Level & input.All}, nil
		},
	})
	r := connectPage(t, b, host, "{}")
	check(t, b, "a stream is asked for", `
		window.stream = await peer.createStream({ permissions: InputLevel.All, metrics: true });
		const size = await plays(stream);
		await until(() => stream.inputOpen);
		const { videoThroughputKbps } = await next(stream, 'stats', (s) => s.videoThroughputKbps > 0);
		return [stream.info.name, size.every((n) => n > 100), stream.permissions === InputLevel.All, videoThroughputKbps > 0,
			await failure(peer.createStream({ permissions: InputLevel.Keyboard }))];`,
		[]any{"desktop", true, true, true, "rejected: not the keyboard alone"})

	// In the midst of a drag the permission goes.
	b.Eval(`stream.sendInput({ type: 'mouse-click', button: 'left', action: 'down' })`, nil)
	tape.wait(t, input.Button{Button: 1, Down: true})
	if err := host.Published()[0].SetPeerLevel(r, input.None); err != nil {
		t.Fatal(err)
	}
	tape.wait(t, input.Button{Button: 1})
	b.Wait("stream.permissions === 0", patience)

	// A second is announced, joined, and taken away.
	announced := `(async () => { window.second = (await next(peer, 'stream-announcement', (a) => a.info.name === 'second')); })()`
	b.Eval("void (window.heard = "+announced+")", nil)
	second, err := host.Publish(patternStream(t, "second", streams.Options{}), peer.PublishOptions{})
	if err != nil {
		t.Fatal(err)
	}
	check(t, b, "a stream is announced and joined", `
		await heard;
		window.joined = await second.join();
		await plays(joined);
		return [peer.streams.size, joined.permissions];`, []float64{2, 0})
	b.Eval("void (window.ended = next(joined, 'close'))", nil)
	host.Unpublish(second)
	check(t, b, "a stream is withdrawn", `
		await ended;
		return [peer.streams.size, (await failure(second.join())).split(':')[0]];`, []any{float64(1), "absent"})
	b.Eval("stream.close()", nil)
	for ctx := soon(t); len(host.Published()[0].Viewers()) > 0; {
		if ctx.Err() != nil {
			t.Fatal("the stream is still watched")
		}
	}
}

func TestBrowserStreamsToGo(t *testing.T) {
	t.Parallel()
	b, server := sdkPageBeside(t)
	viewer := goPeer(t, server, peer.Options{ID: "go"})
	announced := listen[peer.StreamAnnounced](t, viewer)
	changed := listen[peer.PermissionsChanged](t, viewer)
	ended := listen[peer.StreamEnded](t, viewer)
	check(t, b, "a page publishes", `
		const host = open({ id: 'page' });
		host.on('peer-request', (request) => request.accept());
		window.published = host.publish(canvas(), { name: 'canvas', permissions: InputLevel.All });
		window.inputs = [];
		published.on('input', ({ input }) => inputs.push(input));
		await until(() => host.signal.open);
		return true;`, true)
	r, err := viewer.Connect(soon(t), "page", peer.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a := announced.wait(t, func(peer.StreamAnnounced) bool { return true })
	s, err := a.Join(soon(t), peer.StreamOptions{Level: input.Mouse | input.Keyboard})
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.Video(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := in.Next(soon(t)); err != nil {
			t.Fatal(err)
		}
	}
	for ctx := soon(t); s.SendInput(input.Key{Code: 30, Down: true}) != nil; {
		if ctx.Err() != nil {
			t.Fatal("the page takes no input")
		}
	}
	b.Wait("inputs.length === 1", patience)
	b.Eval("published.setPeerPermission(published.peers[0], InputLevel.Mouse)", nil)
	changed.wait(t, func(e peer.PermissionsChanged) bool { return e.Level == input.Mouse })
	b.Eval("published.close()", nil)
	ended.wait(t, func(e peer.StreamEnded) bool { return e.Stream == s })
	if n := len(r.Streams()); n != 0 {
		t.Errorf("%d streams are left", n)
	}
}

func TestGoAndBrowserShareARoom(t *testing.T) {
	t.Parallel()
	b, server := sdkPageBeside(t)
	member := goPeer(t, server, peer.Options{ID: "go", Streams: []*streams.Stream{patternStream(t, "desktop", streams.Options{})}})
	states, started, messages := listen[peer.StateChanged](t, member), listen[peer.TrackStarted](t, member), listen[peer.ChannelMessage](t, member)
	if err := member.OpenChannel(peer.ChannelOptions{ID: 5, Label: "chat"}); err != nil {
		t.Fatal(err)
	}
	if err := member.JoinRoom(soon(t), "parlour", peer.JoinOptions{}); err != nil {
		t.Fatal(err)
	}
	check(t, b, "a page comes, is shown a desktop, and says something", `
		window.room = open().joinRoom('parlour');
		room.openChannel({ id: 5, label: 'chat' });
		window.got = [];
		room.on('message', ({ data }) => got.push(data));
		await until(() => room.remotes.get('go')?.state === 'connected' && room.remotes.get('go')?.stream);
		await plays(room.remotes.get('go').stream);
		await until(() => [...room.raw.values()][0]?.get(5)?.readyState === 'open');
		room.send('from the page', { id: 5 });
		window.stream = room.publish(canvas());
		return true;`, true)
	m := messages.wait(t, func(m peer.ChannelMessage) bool { return m.Text })
	if string(m.Data) != "from the page" || m.Channel.Label != "chat" {
		t.Errorf("the page said %q", m.Data)
	}
	if n, err := member.SendText("from Go", peer.SendOptions{Label: "chat"}); n != 1 || err != nil {
		t.Errorf("sent to %d, %v", n, err)
	}
	b.Wait("got[0] === 'from Go'", patience)
	in := started.wait(t, func(e peer.TrackStarted) bool { return true }).Track
	if _, err := in.Next(soon(t)); err != nil {
		t.Error(err)
	}
	b.Eval("room.leave()", nil)
	states.wait(t, func(e peer.StateChanged) bool { return e.State == peer.StateClosed })
	if err := member.LeaveRoom(soon(t), "parlour"); err != nil {
		t.Error(err)
	}
}

// tape is an Injector that records.
type tape struct {
	mu  sync.Mutex
	all []input.Event
}

func (p *tape) Inject(e input.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, e)
	return nil
}

func (p *tape) Close() error { return nil }

// wait waits for a button that is down or up like b, wherever.
func (p *tape) wait(t *testing.T, b input.Button) {
	t.Helper()
	for ctx := soon(t); ; {
		p.mu.Lock()
		for _, e := range p.all {
			if got, ok := e.(input.Button); ok && got.Button == b.Button && got.Down == b.Down {
				p.mu.Unlock()
				return
			}
		}
		p.mu.Unlock()
		if ctx.Err() != nil {
			t.Fatalf("no %+v", b)
		}
	}
}
