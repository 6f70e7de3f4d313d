package peer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/signal"
)

// foreign is a Peerix peer with one connection at most. What it says is written
// out here, so that our own code cannot hide a mistake of its own.
type foreign struct {
	t        *testing.T
	id, room string
	conn     signal.Conn
	pc       *webrtc.PeerConnection
	zero     *webrtc.DataChannel // number 0
	hears    chan string         // on it
	tracks   chan *webrtc.TrackRemote
	heard    chan signal.Message // offers, answers, leaves and rejects
	deaf     atomic.Bool         // to offers

	mu     sync.Mutex
	to     string // the other, once it is known
	found  []webrtc.ICECandidateInit
	queued []webrtc.ICECandidateInit
}

func newForeign(t *testing.T, w *peertest.World, room, id string) *foreign {
	t.Helper()
	f := &foreign{
		t: t, id: id, room: room, conn: w.Dial("192.0.2.77"),
		hears: make(chan string, 64), tracks: make(chan *webrtc.TrackRemote, 64), heard: make(chan signal.Message, 64),
	}
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	f.pc = pc
	negotiated, number := true, uint16(0)
	if f.zero, err = pc.CreateDataChannel("", &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &number}); err != nil {
		t.Fatal(err)
	}
	f.zero.OnMessage(func(m webrtc.DataChannelMessage) { f.hears <- string(m.Data) })
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { f.tracks <- track })
	pc.OnICECandidate(f.candidate)
	for _, ns := range []signal.Namespace{signal.Room(room), signal.Direct(room, id)} {
		if err := f.conn.Subscribe(t.Context(), ns, ""); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var reading sync.WaitGroup
	reading.Go(func() { f.read(ctx) })
	t.Cleanup(func() {
		stop()
		reading.Wait()
		_ = pc.GracefulClose()
	})
	return f
}

func (f *foreign) say(to signal.Namespace, typ string, data any, metadata string) {
	m := signal.Message{Type: typ, ID: f.id}
	if data != nil {
		m.Data, _ = json.Marshal(data)
	}
	if metadata != "" {
		m.Metadata = json.RawMessage(metadata)
	}
	if err := f.conn.Publish(context.Background(), to, m); err != nil {
		f.t.Logf("%s: %s to %s: %v", f.id, typ, to, err)
	}
}

func (f *foreign) join(data bool) { f.say(signal.Room(f.room), "join", data, `{"name":"foreign"}`) }

// candidate sends one, or keeps it until it is known to whom.
func (f *foreign) candidate(c *webrtc.ICECandidate) {
	if c == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.found = append(f.found, c.ToJSON())
	f.flush()
}

// flush sends the candidates. The caller holds mu.
func (f *foreign) flush() {
	if f.to == "" {
		return
	}
	for _, c := range f.found {
		f.say(signal.Direct(f.room, f.to), "candidate", c, "")
	}
	f.found = nil
}

func (f *foreign) meet(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.to = id
	f.flush()
}

// read answers offers, and takes answers and candidates.
func (f *foreign) read(ctx context.Context) {
	for {
		ns, m, err := f.conn.Receive(ctx)
		if err != nil {
			return
		}
		if !ns.Direct() {
			continue
		}
		if m.Type == "offer" && f.deaf.Load() {
			continue
		}
		var d webrtc.SessionDescription
		switch m.Type {
		case "offer", "answer":
			if json.Unmarshal(m.Data, &d) != nil || f.pc.SetRemoteDescription(d) != nil {
				f.t.Errorf("%s: a bad %s: %s", f.id, m.Type, m.Data)
				return
			}
			for _, c := range f.queued {
				_ = f.pc.AddICECandidate(c)
			}
			f.queued = nil
			if m.Type == "offer" {
				f.reply(m.ID)
			}
		case "candidate":
			var c webrtc.ICECandidateInit
			_ = json.Unmarshal(m.Data, &c)
			if f.pc.RemoteDescription() == nil {
				f.queued = append(f.queued, c)
			} else {
				_ = f.pc.AddICECandidate(c)
			}
			continue
		}
		f.heard <- m
	}
}

func (f *foreign) reply(to string) {
	d, err := f.pc.CreateAnswer(nil)
	if err == nil {
		err = f.pc.SetLocalDescription(d)
	}
	if err != nil {
		f.t.Errorf("%s: %v", f.id, err)
		return
	}
	f.say(signal.Direct(f.room, to), "answer", d, "")
	f.meet(to)
}

// offer offers to a peer, with what metadata it has.
func (f *foreign) offer(to, metadata string) {
	f.t.Helper()
	d, err := f.pc.CreateOffer(nil)
	if err == nil {
		err = f.pc.SetLocalDescription(d)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	f.say(signal.Direct(f.room, to), "offer", d, metadata)
	f.meet(to)
}

// await waits for a message of that type.
func (f *foreign) await(typ string) signal.Message {
	f.t.Helper()
	for {
		select {
		case m := <-f.heard:
			if m.Type == typ {
				return m
			}
		case <-patient(f.t).Done():
			f.t.Fatalf("%s heard no %s", f.id, typ)
		}
	}
}

func (f *foreign) connected() {
	f.t.Helper()
	peertest.Eventually(f.t, f.id+" is connected", func() bool { return f.pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
}

// film publishes a picture until the test ends.
func (f *foreign) film() *webrtc.RTPSender {
	f.t.Helper()
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "camera")
	if err != nil {
		f.t.Fatal(err)
	}
	sender, err := f.pc.AddTrack(track)
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var filming sync.WaitGroup
	filming.Go(func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				_ = track.WriteSample(media.Sample{Data: append([]byte{0x10}, make([]byte, 300)...), Duration: 20 * time.Millisecond})
			}
		}
	})
	f.t.Cleanup(func() {
		stop()
		filming.Wait()
	})
	return sender
}

// mixed is a peer of ours in a room, with channel 0 and a stream.
func mixed(t *testing.T, w *peertest.World, change ...func(*peer.Options)) *peer.Peer {
	t.Helper()
	p := w.Peer("m", change...)
	if err := p.OpenChannel(peer.ChannelOptions{}); err != nil {
		t.Fatal(err)
	}
	publish(t, p, w.Picture("ours", 30))
	if err := p.JoinRoom(patient(t), "room", peer.JoinOptions{}); err != nil {
		t.Fatal(err)
	}
	return p
}

// talks sees that a foreign peer and ours hear each other and that ours is
// seen.
func talks(t *testing.T, p *peer.Peer, f *foreign) {
	t.Helper()
	f.connected()
	hears := peertest.Listen[peer.ChannelMessage](p)
	text := "from " + f.id
	peertest.Eventually(t, f.id+" can send", func() bool { return f.zero.SendText(text) == nil })
	hears.Await(t, "ours hears "+f.id, said(text))
	peertest.Eventually(t, "ours can send", func() bool {
		n, _ := p.SendText("from ours", peer.SendOptions{Filter: func(r *peer.Remote, _ peer.ChannelOptions) bool { return r.ID() == f.id }})
		return n == 1
	})
	select {
	case got := <-f.hears:
		if got != "from ours" {
			t.Errorf("%s hears %q", f.id, got)
		}
	case <-patient(t).Done():
		t.Fatal("it hears nothing")
	}
	select {
	case track := <-f.tracks:
		if _, _, err := track.ReadRTP(); err != nil {
			t.Error(err)
		}
	case <-patient(t).Done():
		t.Fatal("it sees nothing")
	}
}

func TestForeignPeerJoins(t *testing.T) {
	for _, data := range []bool{false, true} {
		t.Run(fmt.Sprint("data ", data), func(t *testing.T) {
			w := peertest.Exchange(t)
			p := mixed(t, w)
			states := peertest.Listen[peer.StateChanged](p)
			f := newForeign(t, w, "room", "f")
			f.join(data)
			talks(t, p, f)
			r := peertest.Find(p, "room", "f")
			if string(r.Metadata()) != `{"name":"foreign"}` || r.ExternalID() != "" {
				t.Errorf("it said %s", r.Metadata())
			}
			// It says again that it is here, and that changes nothing.
			f.join(true)
			f.join(true)
			f.say("room:m", "candidate", webrtc.ICECandidateInit{}, "")
			if _, err := p.SendText("still here", peer.SendOptions{}); err != nil {
				t.Error(err)
			}
			if got := <-f.hears; got != "still here" || peertest.Find(p, "room", "f") != r || r.State() != peer.StateConnected {
				t.Errorf("it heard %q, and the connection is %v", got, r.State())
			}
			f.say("room:m", "leave", nil, "")
			<-r.Done()
			states.Await(t, "it is closed", func(e peer.StateChanged) bool { return e.State == peer.StateClosed })
		})
	}
}

func TestForeignMemberOffers(t *testing.T) {
	for name, early := range map[string]bool{"": false, "candidates first": true} {
		t.Run(name, func(t *testing.T) {
			w := peertest.Exchange(t)
			f := newForeign(t, w, "room", "f")
			var seen peer.Join
			p := mixed(t, w, func(o *peer.Options) {
				o.Verify = func(_ context.Context, j peer.Join) error {
					seen = j
					return nil
				}
			})
			if early {
				f.say("room:m", "candidate", webrtc.ICECandidateInit{Candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host"}, "")
			}
			f.offer("m", `{"name":"foreign"}`)
			f.await("answer")
			talks(t, p, f)
			if !seen.Member || seen.ID != "f" || seen.Room != "room" || string(seen.Metadata) != `{"name":"foreign"}` {
				t.Errorf("Verify saw %+v", seen)
			}
		})
	}
}

// A foreign peer publishes and takes back, before and while it is connected.
func TestForeignStreams(t *testing.T) {
	w := peertest.Exchange(t)
	p := mixed(t, w)
	started, ended := peertest.Listen[peer.TrackStarted](p), peertest.Listen[peer.TrackEnded](p)
	streams, gone := peertest.Listen[peer.StreamStarted](p), peertest.Listen[peer.StreamEnded](p)
	f := newForeign(t, w, "room", "f")
	f.join(true)
	talks(t, p, f)
	for round := range 3 {
		sender := f.film()
		f.offer("m", "")
		f.await("answer")
		peertest.Eventually(t, "its track comes", func() bool { return len(started.All()) == round+1 })
		in := started.All()[round]
		if in.Stream.ID() < 65536 || in.Stream.Info().Name != "camera" || in.Track.Kind().String() != "video" || in.Stream.Remote().ID() != "f" {
			t.Errorf("the stream is %d, %+v", in.Stream.ID(), in.Stream.Info())
		}
		next(t, in.Track)
		if err := f.pc.RemoveTrack(sender); err != nil {
			t.Fatal(err)
		}
		f.offer("m", "")
		f.await("answer")
		ended.Await(t, "its track goes", func(e peer.TrackEnded) bool { return e.Track == in.Track })
		<-in.Stream.Done()
	}
	if len(streams.All()) != 3 || len(gone.All()) != 3 {
		t.Errorf("%d streams came, %d went", len(streams.All()), len(gone.All()))
	}
}

func TestForeignOfferWithoutAToken(t *testing.T) {
	w := peertest.Exchange(t)
	p := mixed(t, w, func(o *peer.Options) {
		o.Verify = func(_ context.Context, j peer.Join) error {
			if j.Token != "secret" {
				return &peer.Reject{Code: peer.CodeToken, Message: "wrong token"}
			}
			return nil
		}
	})
	problems := peertest.Listen[peer.Problem](p)
	bad := newForeign(t, w, "room", "bad")
	bad.offer("m", "")
	if m := bad.await("reject"); !strings.Contains(string(m.Data), `"token"`) {
		t.Errorf("refused with %s", m.Data)
	}
	problems.Await(t, "the application is told", func(p peer.Problem) bool { return p.Code == peer.ErrorVerify })
	good := newForeign(t, w, "room", "good")
	good.offer("m", `{"token":"secret"}`)
	good.await("answer")
	talks(t, p, good)
}

// Nobody who is no member offers in a peer's own room without having joined.
func TestOfferWithoutJoinIsRefused(t *testing.T) {
	w := peertest.New(t)
	problems := peertest.Listen[peer.Problem](w.Host)
	f := newForeign(t, w, peertest.HostID, "f")
	f.offer(peertest.HostID, fmt.Sprintf(`{"token":%q}`, w.Token))
	if m := f.await("reject"); !strings.Contains(string(m.Data), `"order"`) {
		t.Errorf("refused with %s", m.Data)
	}
	problems.Await(t, "the application is told", func(p peer.Problem) bool { return p.Code == peer.ErrorOffer })
}
