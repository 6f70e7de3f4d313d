package skyway

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

// stranger is a client that says what it likes.
type stranger struct {
	*skywayserver.LocalConn
	t *testing.T
}

func newStranger(t *testing.T, s *skywayserver.Server) *stranger {
	t.Helper()
	c, err := s.Dial(openKey, "stranger", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &stranger{c, t}
}

func (s *stranger) say(name string, arg any) {
	s.t.Helper()
	b, err := json.Marshal(arg)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.Send(skywayserver.Event{Name: name, Arg: b}); err != nil {
		s.t.Fatal(err)
	}
}

// hear waits for an event of this name.
func (s *stranger) hear(name string) skywayserver.Event {
	s.t.Helper()
	for {
		e, err := s.Receive(soon(s.t))
		if err != nil {
			s.t.Fatalf("no %s: %v", name, err)
		}
		if e.Name == name {
			return e
		}
	}
}

// offerOf is an offer for data that a PeerConnection would make.
func offerOf(t *testing.T) string {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.GracefulClose()
	if _, err := pc.CreateDataChannel("x", nil); err != nil {
		t.Fatal(err)
	}
	d, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return d.SDP
}

func TestStrangersAreBounded(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	p := runOpen(t, "a", Options{Server: s, MaxPerPeer: 3, RingTimeout: 500 * time.Millisecond, ConnectTimeout: 500 * time.Millisecond})
	called := collect[Called](p)
	On(p, func(Incoming) {})
	x := newStranger(t, s)
	offer := func(id, kind string, more map[string]any) {
		m := map[string]any{"dst": "a", "connectionId": id, "connectionType": kind, "offer": map[string]any{"type": "offer", "sdp": offerOf(t)}}
		for k, v := range more {
			m[k] = v
		}
		x.say("SEND_OFFER", m)
	}
	long := strings.Repeat("x", maxName+1)
	offer(long, "data", nil)
	offer("", "data", nil)
	offer("c", "other", nil)
	offer("c", "data", map[string]any{"serialization": "other"})
	offer("c", "data", map[string]any{"label": long})
	offer("c", "data", map[string]any{"offer": map[string]any{"type": "answer", "sdp": "x"}})
	offer("c", "data", map[string]any{"offer": nil})
	offer("c", "data", map[string]any{"offer": map[string]any{"type": "offer", "sdp": strings.Repeat("x", maxSDP+1)}})
	offer("c", "media", map[string]any{"metadata": strings.Repeat("x", maxMetadata)})
	offer("c", "media", map[string]any{"roomName": "r"})
	for i := range 200 {
		x.say("SEND_CANDIDATE", map[string]any{"dst": "a", "connectionId": fmt.Sprint(i), "candidate": map[string]any{"candidate": "x"}})
	}
	x.say("SEND_CANDIDATE", map[string]any{"dst": "a", "connectionId": "c", "candidate": 7})
	x.say("SEND_FORCE_CLOSE", map[string]any{"dst": "a", "connectionId": []int{1}})
	for i := range 10 {
		offer(fmt.Sprint("ring", i), "media", nil)
	}
	// Three ring, and what came before was not taken.
	for i := range 3 {
		if m := next(t, called).Call; m.ID() != fmt.Sprint("ring", i) {
			t.Errorf("%s rings", m.ID())
		}
	}
	if live, _, early := p.conns.Counts(); early > calls.MaxEarly || live > 3 {
		t.Errorf("%d candidates wait, %d connections", early, live)
	}
	eventually(t, "nobody rings any more", func() bool { return len(p.Connections()) == 0 })
	// What is no description ends its own connection, and one whose maker is not there as well.
	failed := collect[ConnectionFailed](p)
	offer("broken", "data", map[string]any{"offer": map[string]any{"type": "offer", "sdp": "nonsense"}})
	offer("gone", "data", nil)
	for range 2 {
		next(t, failed)
	}
	eventually(t, "nothing is left", func() bool { return len(p.Connections()) == 0 })
	// An answer that comes too late is answered itself.
	x.say("SEND_ANSWER", map[string]any{"dst": "a", "connectionId": "old", "connectionType": "media", "answer": map[string]any{"type": "answer", "sdp": "x"}})
	for {
		var m hangup
		if e := x.hear("FORCE_CLOSE"); json.Unmarshal(e.Arg, &m) == nil && m.ConnectionID == "old" {
			break
		}
	}
	if len(called) != 0 || !p.Open() {
		t.Error("the peer has suffered")
	}
}

func TestAnswersFromStrangersAreIgnored(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	p := runOpen(t, "a", Options{Server: s})
	x := newStranger(t, s)
	go func() {
		e := x.hear("OFFER")
		var m signal
		if err := json.Unmarshal(e.Arg, &m); err != nil {
			t.Error(err)
			return
		}
		for _, sdp := range []string{"", "nonsense", strings.Repeat("x", maxSDP+1)} {
			b, _ := json.Marshal(map[string]any{"dst": "a", "connectionId": m.ConnectionID, "connectionType": "data", "answer": map[string]any{"type": "answer", "sdp": sdp}})
			_ = x.Send(skywayserver.Event{Name: "SEND_ANSWER", Arg: b})
		}
	}()
	if _, err := p.Connect(soon(t), "stranger", ConnectOptions{}); !IsType(err, WebRTC) {
		t.Errorf("nonsense for an answer: %v", err)
	}
}
