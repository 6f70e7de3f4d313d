package peerjs

import (
	"bytes"
	"context"
	"errors"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/peerserver"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/streams"
)

// pair is two peers that are connected for data.
func pair(t *testing.T, o ConnectOptions) (a, b *DataConnection) {
	t.Helper()
	s := newServer(t, peerserver.Options{})
	pa, pb := runOpen(t, "a", Options{Server: s}), runOpen(t, "b", Options{Server: s})
	incoming := collect[Incoming](pb)
	a, err := pa.Connect(soon(t), "b", o)
	if err != nil {
		t.Fatal(err)
	}
	return a, next(t, incoming).Connection
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
	for name, values := range map[string][]any{
		Binary:     {nested, big, int64(-7), strings.Repeat("😀", 10_000)},
		BinaryUTF8: {nested, "é"},
		MsgPack:    {nested, big, time.Unix(1e9, 5).UTC()},
		Raw:        {"text 😀", []byte{1, 2, 3}, ""},
		None:       {"text"},
		JSON:       {map[string]any{"a": []any{1.5, nil, "<é😀>"}}, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t, ConnectOptions{Serialization: name, Reliable: true, Label: "l", Metadata: map[string]any{"m": 1}})
			if b.Label() != "l" || !b.Reliable() || string(b.Metadata()) != `{"m":1}` || b.RemoteID() != "a" || b.ID() != a.ID() {
				t.Errorf("%q %v %s %q %q", b.Label(), b.Reliable(), b.Metadata(), b.RemoteID(), b.ID())
			}
			eventually(t, "b is open", b.Open)
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
	eventually(t, "b is open", b.Open)
	if err := a.Send(soon(t), "last words"); err != nil {
		t.Fatal(err)
	}
	_ = a.Close()
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

func TestCloseFlushLeavesNothingBehind(t *testing.T) {
	a, b := pair(t, ConnectOptions{Reliable: true})
	eventually(t, "b is open", b.Open)
	const n = 300 // more than wait without a reader
	go func() {
		for i := range n {
			_ = a.Send(soon(t), i)
		}
		_ = a.CloseFlush(soon(t))
	}()
	for i := range n {
		if v := receive(t, b); v != int64(i) {
			t.Fatalf("%v, want %d", v, i)
		}
	}
	<-a.Done()
	if !errors.Is(a.Err(), ErrHungUp) {
		t.Error(a.Err())
	}
}

// A reader that does not read stops its sender, and nobody's memory grows.
func TestSendersWaitForReaders(t *testing.T) {
	a, b := pair(t, ConnectOptions{Serialization: Raw})
	eventually(t, "b is open", b.Open)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	sent := 0
	for ; a.Send(ctx, make([]byte, 64<<10)) == nil; sent++ {
	}
	if sent<<16 > 100<<20 {
		t.Errorf("%d MB were taken by nobody", sent>>4)
	}
	for range sent {
		receive(t, b)
	}
}

func TestNobodyIsThere(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	p := runOpen(t, "a", Options{Server: s})
	failed := collect[Failed](p)
	_, err := p.Connect(soon(t), "nobody", ConnectOptions{})
	if !IsType(err, PeerUnavailable) || !IsType(next(t, failed).Err, PeerUnavailable) {
		t.Error(err)
	}
	_, err = p.Call(soon(t), "nobody", CallOptions{})
	if !IsType(err, PeerUnavailable) {
		t.Error(err)
	}
	if p.Destroyed() || len(p.Connections()) != 0 {
		t.Error("the peer did not survive", p.Connections())
	}
}

func TestIDs(t *testing.T) {
	for id, want := range map[string]bool{
		"a": true, "Desk 1_x-2": true, "a--b": true, "-a": false, "a-": false, "é": false, "a.b": false, " ": false,
		strings.Repeat("x", 256): true, strings.Repeat("x", 257): false,
	} {
		if ValidID(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
	if _, err := New("no/slash", Options{}); !IsType(err, InvalidID) {
		t.Error(err)
	}
	s := newServer(t, peerserver.Options{})
	if p := runOpen(t, "", Options{Server: s}); len(p.ID()) != 36 {
		t.Errorf("the server chose %q", p.ID())
	}
	runOpen(t, "a", Options{Server: s})
	p, err := New("a", Options{Server: s})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(soon(t)); !IsType(err, UnavailableID) || !p.Destroyed() {
		t.Errorf("a taken id: %v", err)
	}
}

func TestPeersReconnect(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	for name, o := range map[string]Options{"local": {Server: s}, "remote": at(t, listen(t, s))} {
		t.Run(name, func(t *testing.T) {
			a, b := runOpen(t, "a"+name, o), runOpen(t, "b"+name, o)
			incoming, left := collect[Incoming](b), collect[Left](a)
			d, err := a.Connect(soon(t), b.ID(), ConnectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Reconnect(); err == nil {
				t.Error("reconnected while connected")
			}
			a.Disconnect()
			if id := next(t, left).ID; id != "a"+name || a.ID() != "" || !a.Disconnected() {
				t.Errorf("left as %q, is %q", id, a.ID())
			}
			if _, err := a.Connect(soon(t), b.ID(), ConnectOptions{}); !IsType(err, Disconnected) {
				t.Errorf("connect while disconnected: %v", err)
			}
			if err := d.Send(soon(t), 1); err != nil { // it stays
				t.Error(err)
			}
			receive(t, next(t, incoming).Connection)
			if err := a.Reconnect(); err != nil {
				t.Error(err)
			}
			if _, err := a.Connect(soon(t), b.ID(), ConnectOptions{}); err != nil || a.ID() != "a"+name {
				t.Errorf("after reconnect: %v, %q", err, a.ID())
			}
			a.Destroy()
			if err := a.Reconnect(); err == nil || !a.Destroyed() {
				t.Error("reconnected after the end")
			}
		})
	}
}

func TestPeersCall(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	a, b := runOpen(t, "a", Options{Server: s}), runOpen(t, "b", Options{Server: s})
	track := func() *streams.Track {
		track := streams.NewTrack("t", &peertest.Source{})
		t.Cleanup(func() { _ = track.Close() })
		return track
	}
	On(b, func(e Called) {
		if err := e.Call.Answer(CallOptions{Tracks: []*streams.Track{track()}}); err != nil {
			t.Error(err)
		}
	})
	theirs := collect[TrackStarted](b)
	closed := collect[ConnectionClosed](b)
	will := collect[WillCloseOnRemote](a)
	m, err := a.Call(soon(t), "b", CallOptions{Tracks: []*streams.Track{track()}, Metadata: "m"})
	if err != nil {
		t.Fatal(err)
	}
	next(t, will)
	if _, err := next(t, theirs).Track.Next(soon(t)); err != nil {
		t.Error(err)
	}
	eventually(t, "a has a track", func() bool { return len(m.Tracks()) == 1 })
	if _, err := m.Tracks()[0].Next(soon(t)); err != nil {
		t.Error(err)
	}
	_ = m.Close()
	if e := next(t, closed); !errors.Is(e.Err, ErrHungUp) || string(e.Connection.Metadata()) != `"m"` {
		t.Errorf("%v %s", e.Err, e.Connection.Metadata())
	}
}

func TestSDPTransformIsSent(t *testing.T) {
	s := newServer(t, peerserver.Options{})
	a, b := runOpen(t, "a", Options{Server: s}), runOpen(t, "b", Options{Server: s})
	calls, states := collect[Called](b), collect[ICEStateChanged](a)
	called := make(chan error, 1)
	go func() {
		m, err := a.Call(soon(t), "b", CallOptions{SDPTransform: func(sdp string) string { return sdp + "a=x-ours\r\n" }})
		if err == nil {
			<-m.Done()
			err = m.Err()
		}
		called <- err
	}()
	m := next(t, calls).Call
	if !strings.HasSuffix(m.offer, "a=x-ours\r\n") {
		t.Errorf("%q", m.offer)
	}
	if err := m.Answer(CallOptions{SDPTransform: func(string) string { return "" }}); err != nil {
		t.Error(err)
	}
	if err := m.Answer(CallOptions{}); err == nil {
		t.Error("a call was answered twice")
	}
	for next(t, states).State != "connected" {
	}
	_ = m.Close()
	if err := <-called; !errors.Is(err, ErrHungUp) {
		t.Error(err)
	}
}
