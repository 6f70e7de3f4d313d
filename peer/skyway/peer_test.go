package skyway

import (
	"bytes"
	"context"
	"errors"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
	"github.com/causeway-rtc/causeway/streams"
)

// pair is two peers that are connected for data, by a local server and by
// HTTP.
func pair(t *testing.T, o ConnectOptions) (a, b *DataConnection) {
	t.Helper()
	s := newServer(t, skywayserver.Options{})
	pa, pb := runOpen(t, "a", Options{Server: s}), runOpen(t, "b", Options{URL: listen(t, s)})
	incoming := collect[Incoming](pb)
	a, err := pa.Connect(soon(t), "b", o)
	if err != nil {
		t.Fatal(err)
	}
	b = next(t, incoming).Connection
	eventually(t, "b is open", b.Open)
	return a, b
}

func receive(t *testing.T, d *DataConnection) any {
	t.Helper()
	v, err := d.Receive(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPeersExchangeValues(t *testing.T) {
	big := bytes.Repeat([]byte{1, 2, 3, 4, 5}, 1<<20)
	nested := map[string]any{"a": []any{int64(1), nil, true, map[string]any{"é😀": "☃𝒳"}}, "half": 0.5}
	blob, file := Blob{MIMEType: "image/png", Data: big[:40_000]}, Blob{Name: "é.txt", MIMEType: "text/plain", Data: []byte{}}
	for name, values := range map[string][]any{
		Binary:     {nested, big, int64(-7), strings.Repeat("😀", 10_000), "short 😀", blob, file},
		BinaryUTF8: {nested, "é"},
		None:       {"text 😀", []byte{1, 2, 3}, ""},
		JSON:       {map[string]any{"a": []any{1.5, nil, "<é😀>"}}, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t, ConnectOptions{Serialization: name, Label: "l", Metadata: map[string]any{"m": 1}})
			if b.Label() != "l" || b.Serialization() != name || string(b.Metadata()) != `{"m":1}` || b.RemoteID() != "a" || b.ID() != a.ID() {
				t.Errorf("%q %q %s %q %q", b.Label(), b.Serialization(), b.Metadata(), b.RemoteID(), b.ID())
			}
			for i, v := range values {
				from, to := a, b
				if i%2 == 1 {
					from, to = b, a
				}
				sent := make(chan error, 1)
				go func() { sent <- from.Send(soon(t), v) }()
				if got := receive(t, to); !reflect.DeepEqual(got, v) {
					t.Errorf("value %d came as %.100v", i, got)
				}
				if err := <-sent; err != nil {
					t.Error(err)
				}
			}
			if err := a.Send(soon(t), make(chan int)); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("a channel: %v", err)
			}
		})
	}
}

func TestConnectionsEnd(t *testing.T) {
	a, b := pair(t, ConnectOptions{})
	if err := a.Send(soon(t), "last words"); err != nil {
		t.Fatal(err)
	}
	_ = a.Close(false)
	if v := receive(t, b); v != "last words" {
		t.Errorf("%v", v)
	}
	if _, err := b.Receive(soon(t)); !errors.Is(err, ErrHungUp) {
		t.Errorf("after the end: %v", err)
	}
	if err := a.Send(soon(t), 1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("send after the end: %v", err)
	}
	<-b.Done()
}

func TestChannelsAreAsAskedFor(t *testing.T) {
	unordered, retransmits := false, uint16(3)
	_, b := pair(t, ConnectOptions{Serialization: JSON, DCInit: DCInit{Ordered: &unordered, MaxRetransmits: &retransmits, Protocol: "p"}})
	init := b.DCInit()
	if *init.Ordered || *init.MaxRetransmits != 3 || init.Protocol != "p" || b.Serialization() != Binary {
		t.Errorf("%+v %s", init, b.Serialization())
	}
	if c := b.channel.Get(); c.Ordered() || *c.MaxRetransmits() != 3 || c.Protocol() != "p" {
		t.Errorf("%v %v %q", c.Ordered(), c.MaxRetransmits(), c.Protocol())
	}
}

// call has a call b, which answers with o.
func call(t *testing.T, o, answer CallOptions) (a, b *MediaConnection, pa, pb *Peer) {
	t.Helper()
	s := newServer(t, skywayserver.Options{})
	pa, pb = runOpen(t, "a", Options{Server: s}), runOpen(t, "b", Options{Server: s})
	answered := make(chan *MediaConnection, 1)
	On(pb, func(e Called) {
		if err := e.Call.Answer(answer); err != nil {
			t.Error(err)
		}
		answered <- e.Call
	})
	a, err := pa.Call(soon(t), "b", o)
	if err != nil {
		t.Fatal(err)
	}
	return a, next(t, answered), pa, pb
}

// chunks waits until chunks of a track come.
func chunks(t *testing.T, track *Track) {
	t.Helper()
	for range 3 {
		if _, err := track.Next(soon(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPeersCall(t *testing.T) {
	pa := []*streams.Track{source(t)}
	a, b, peerA, peerB := call(t, CallOptions{Tracks: pa}, CallOptions{Tracks: []*streams.Track{source(t)}})
	eventually(t, "tracks come both ways", func() bool { return len(a.Tracks()) == 1 && len(b.Tracks()) == 1 })
	chunks(t, a.Tracks()[0])
	chunks(t, b.Tracks()[0])
	if len(peerA.Connections()["b"]) != 1 || peerB.Connection("a", a.ID()) != b.Connection {
		t.Error("the call is not among the connections")
	}
	if len(b.Stats()) != 1 || len(a.LocalTracks()) != 1 {
		t.Errorf("%v", b.Stats())
	}
	_ = a.Close(true)
	<-b.Done()
	if !errors.Is(b.Err(), ErrHungUp) {
		t.Error(b.Err())
	}
}

func TestCallsWithoutAStreamReceive(t *testing.T) {
	a, b, _, _ := call(t, CallOptions{VideoCodec: "VP8", VideoBandwidth: 500}, CallOptions{Tracks: []*streams.Track{source(t)}})
	eventually(t, "a track comes", func() bool { return len(a.Tracks()) == 1 })
	chunks(t, a.Tracks()[0])
	if name := a.Tracks()[0].Codec().Name; name != "vp8" {
		t.Errorf("the codec is %s", name)
	}
	if target := b.way.Target(); target != 500_000 {
		t.Errorf("%d bits a second are sent", target)
	}
}

func TestAnswersChooseTheCodec(t *testing.T) {
	for _, codec := range []string{"VP8", "H264"} {
		a, _, _, _ := call(t, CallOptions{}, CallOptions{Tracks: []*streams.Track{source(t)}, VideoCodec: codec, SendOnly: codec == "VP8"})
		eventually(t, "a track comes", func() bool { return len(a.Tracks()) == 1 })
		if name := a.Tracks()[0].Codec().Name; !strings.EqualFold(name, codec) {
			t.Errorf("the codec is %s, want %s", name, codec)
		}
	}
}

func TestStreamsAreReplaced(t *testing.T) {
	a, b, _, pb := call(t, CallOptions{VideoReceive: true}, CallOptions{})
	started := collect[TrackStarted](pb)
	if err := a.ReplaceStream([]*streams.Track{source(t)}); err != nil { // needs another offer
		t.Fatal(err)
	}
	track := next(t, started).Track
	chunks(t, track)
	other := streams.NewTrack("other", &peertest.Source{FPS: 30, Size: 500})
	t.Cleanup(func() { _ = other.Close() })
	if err := a.ReplaceStream([]*streams.Track{other}); err != nil { // does not
		t.Fatal(err)
	}
	eventually(t, "the other track is sent", func() bool {
		c, err := track.Next(soon(t))
		return err != nil || len(c.Data) < 2500 // those of the first are longer
	})
	if err := a.ReplaceStream(nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the track ends", func() bool { return len(b.Tracks()) == 0 })
	if err := a.ReplaceStream([]*streams.Track{source(t)}); err != nil {
		t.Fatal(err)
	}
	chunks(t, next(t, started).Track)
}

func TestNobodyAnswers(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	p := runOpen(t, "a", Options{Server: s})
	failed := collect[Failed](p)
	if _, err := p.Connect(soon(t), "nobody", ConnectOptions{}); !IsType(err, PeerUnavailable) {
		t.Error(err)
	}
	if e := next(t, failed); e.Err.Type != PeerUnavailable {
		t.Error(e.Err)
	}
	runOpen(t, "deaf", Options{Server: s})
	ctx, cancel := context.WithTimeout(soon(t), 100*time.Millisecond)
	defer cancel()
	if _, err := p.Call(ctx, "deaf", CallOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if n := len(p.Connections()); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

func TestPeersRefuse(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	pa, pb := runOpen(t, "a", Options{Server: s}), runOpen(t, "b", Options{Server: s})
	On(pb, func(e Called) { e.Call.Refuse() })
	On(pb, func(e Incoming) { e.Connection.Refuse("no") })
	m, err := pa.Call(soon(t), "b", CallOptions{Tracks: []*streams.Track{source(t)}})
	if err != nil {
		t.Fatal(err)
	}
	<-m.Done()
	if !errors.Is(m.Err(), ErrHungUp) || len(m.Tracks()) != 0 {
		t.Error(m.Err())
	}
	d, err := pa.Connect(soon(t), "b", ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if v := receive(t, d); v != "no" {
		t.Error(v)
	}
	<-d.Done()
	eventually(t, "b has no connection", func() bool { return len(pb.Connections()) == 0 })
}

func TestHangingUpWhileItRings(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	pa, pb := runOpen(t, "a", Options{Server: s}), runOpen(t, "b", Options{Server: s})
	calls := collect[Called](pb)
	ctx, cancel := context.WithCancel(soon(t))
	ended := make(chan error, 1)
	go func() {
		_, err := pa.Call(ctx, "b", CallOptions{})
		ended <- err
	}()
	m := next(t, calls).Call
	cancel()
	<-ended
	<-m.Done()
	if err := m.Answer(CallOptions{}); err == nil || !errors.Is(m.Err(), ErrHungUp) {
		t.Error(err, m.Err())
	}
}

func TestDestroyEndsEverything(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	pb := runOpen(t, "b", Options{Server: s})
	On(pb, func(e Called) { _ = e.Call.Answer(CallOptions{}) })
	On(pb, func(Incoming) {})
	for name, o := range map[string]Options{"here": {Server: s}, "there": {URL: listen(t, s)}} {
		p := runOpen(t, name, o)
		destroyed, left := collect[Destroyed](p), collect[Left](p)
		m, err := p.Call(soon(t), "b", CallOptions{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := p.Connect(soon(t), "b", ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		p.Destroy()
		next(t, destroyed)
		next(t, left)
		<-m.Done()
		<-d.Done()
		// The other end is told, and need not wait until ICE fails.
		eventually(t, "b has no connection", func() bool { return len(pb.Connections()) == 0 })
		if _, err := p.Call(soon(t), "b", CallOptions{}); !IsType(err, Disconnected) || !p.Destroyed() || p.Open() {
			t.Error(err)
		}
		if err := p.Reconnect(); err == nil {
			t.Error("a destroyed peer reconnects")
		}
	}
}
