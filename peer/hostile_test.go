package peer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/signal"
)

func TestWrongTokenIsRefusedThenThrottled(t *testing.T) {
	w := peertest.New(t)
	viewer := w.Viewer("guesser")
	for i := range 11 {
		_, err := w.Join(viewer, "wrong")
		refusal, ok := errors.AsType[*peer.Reject](err)
		want := peer.CodeToken
		if i == 10 {
			want = peer.CodeThrottled
		}
		if !ok || refusal.Code != want || (refusal.RetryAfter > 0) != (i == 10) {
			t.Fatalf("try %d: %v, want %s", i, err, want)
		}
	}
	if _, err := w.Join(viewer, string(w.Token)); err == nil {
		t.Error("a throttled address came in")
	}
	other := w.Viewer("friend", func(o *peer.Options) { o.Signal = w.Dial("192.0.2.8") })
	if _, err := w.Join(other, string(w.Token)); err != nil {
		t.Errorf("another address: %v", err)
	}
}

func TestAbsentHost(t *testing.T) {
	w := peertest.New(t)
	_, err := w.Viewer("viewer").Connect(t.Context(), "nobody", peer.ConnectOptions{})
	if !errors.Is(err, peer.ErrAbsent) {
		t.Errorf("connecting to nobody: %v", err)
	}
}

func TestTooManyViewers(t *testing.T) {
	w := peertest.New(t, func(o *peer.Options) { o.MaxRemotes = 1 })
	w.Connect("first")
	_, err := w.Join(w.Viewer("second"), string(w.Token))
	if refusal, ok := errors.AsType[*peer.Reject](err); !ok || refusal.Code != peer.CodeBusy {
		t.Errorf("the second: %v, want busy", err)
	}
}

func TestOfferWithoutJoinIsIgnored(t *testing.T) {
	w := peertest.New(t)
	c := attacker(t, w, "eve")
	for _, typ := range []string{"offer", "answer", "candidate", "leave", "reject", "unknown"} {
		if err := c.Publish(t.Context(), "desk:desk", signal.Message{Type: typ, ID: "eve", Data: []byte(`{"type":"offer","sdp":"v=0"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	w.Connect("viewer")
	if w.RemoteOf("eve") != nil {
		t.Error("an offer alone came in")
	}
}

// attacker is a connection to the exchange without a peer.
func attacker(t *testing.T, w *peertest.World, id string) signal.Conn {
	t.Helper()
	c := w.Dial("192.0.2.66")
	if err := c.Subscribe(t.Context(), signal.Direct(peertest.HostID, id), ""); err != nil {
		t.Fatal(err)
	}
	return c
}

// join joins by hand and returns the host's offer.
func join(t *testing.T, w *peertest.World, c signal.Conn, id string) string {
	t.Helper()
	m := signal.Message{Type: "join", ID: id, Data: []byte("false"), Metadata: fmt.Appendf(nil, `{"token":%q}`, w.Token)}
	if err := c.Publish(t.Context(), "desk:desk", m); err != nil {
		t.Fatal(err)
	}
	return string(receiveType(t, c, "offer").Data)
}

func receiveType(t *testing.T, c signal.Conn, typ string) signal.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peertest.Patience)
	defer cancel()
	for {
		_, m, err := c.Receive(ctx)
		if err != nil {
			t.Fatalf("no %s: %v", typ, err)
		}
		if m.Type == typ {
			return m
		}
	}
}

func TestHostileNegotiationEndsItsOwnConnectionAlone(t *testing.T) {
	w := peertest.New(t)
	bystander := video(t, w.Connect("bystander"))
	sdp := func(typ, text string) []byte {
		b, _ := json.Marshal(map[string]string{"type": typ, "sdp": text})
		return b
	}
	candidates := strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n", peer.MaxCandidates+1)
	for name, m := range map[string]signal.Message{
		"garbage answer":     {Type: "answer", Data: sdp("answer", "garbage")},
		"empty answer":       {Type: "answer", Data: sdp("answer", "")},
		"bare answer":        {Type: "answer", Data: sdp("answer", "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n")},
		"no JSON object":     {Type: "answer", Data: []byte(`[1,2]`)},
		"no type":            {Type: "answer", Data: []byte(`{"sdp":"v=0"}`)},
		"another type":       {Type: "answer", Data: sdp("offer", "v=0")},
		"huge answer":        {Type: "answer", Data: sdp("answer", strings.Repeat("a=x\r\n", peer.MaxSDP/4))},
		"too many in answer": {Type: "answer", Data: sdp("answer", candidates)},
		"garbage candidate":  {Type: "candidate", Data: []byte(`"x"`)},
	} {
		id := strings.ReplaceAll(name, " ", "-")
		c := attacker(t, w, id)
		join(t, w, c, id)
		m.ID = id
		if err := c.Publish(t.Context(), "desk:desk", m); err != nil {
			t.Fatal(err)
		}
		receiveType(t, c, "leave")
		_ = c.Close()
	}
	// Candidates without end.
	c := attacker(t, w, "flood")
	join(t, w, c, "flood")
	for range 10 * peer.MaxCandidates {
		m := signal.Message{Type: "candidate", ID: "flood", Data: []byte(`{"candidate":"candidate:1 1 udp 1 192.0.2.1 1 typ host","sdpMid":"0"}`)}
		_ = c.Publish(t.Context(), "desk:desk", m)
	}
	receiveType(t, c, "leave")

	next(t, bystander)
	next(t, video(t, w.Connect("newcomer")))
}

func TestGarbageOnChannelsLeavesOthersUntouched(t *testing.T) {
	w := peertest.New(t)
	bystander := video(t, w.Connect("bystander"))
	for _, label := range []string{"control", "input", "motion"} {
		for i, garbage := range [][]byte{
			{},
			{0},
			{0xff},
			[]byte("{}"), []byte(`{"type":1}`), []byte(`{"type":"ping"}`), []byte(`{"type":"ping","t":{}}`),
			[]byte(`{"type":"viewport","width":1e300,"height":-1}`), []byte(`{"type":"nothing"}`), []byte("[["),
			{0x01},
			{0x02, 0xff, 0xff},
			bytes.Repeat([]byte("x"), 60_000),
		} {
			for _, text := range []bool{false, true} {
				id := fmt.Sprintf("eve-%s-%d-%t", label, i, text)
				if i > 2 && i < 10 && label != "control" {
					continue
				}
				r := w.Connect(id)
				peertest.Eventually(t, "the channel is open", func() bool { return peer.SendRaw(r, label, garbage, text) == nil })
				_ = r.Close()
			}
		}
	}
	next(t, bystander)
}

func TestJoinAgainReplacesTheConnection(t *testing.T) {
	w := peertest.New(t)
	viewer := w.Viewer("viewer")
	first, err := w.Join(viewer, string(w.Token))
	if err != nil {
		t.Fatal(err)
	}
	before := w.RemoteOf("viewer")
	second, err := w.Join(viewer, string(w.Token))
	if err != nil {
		t.Fatal(err)
	}
	<-first.Done()
	<-before.Done()
	next(t, video(t, second))
	if n := len(w.Host.Remotes()); n != 1 {
		t.Errorf("the host has %d remotes", n)
	}
}

func TestNoCommonCodec(t *testing.T) {
	w := peertest.New(t)
	viewer := w.Viewer("viewer", func(o *peer.Options) { o.Codecs = peertest.NoVideo() })
	_, err := w.Join(viewer, string(w.Token))
	if refusal, ok := errors.AsType[*peer.Reject](err); !ok || refusal.Code != peer.CodeCodec {
		t.Errorf("without a common codec: %v, want codec", err)
	}
}
