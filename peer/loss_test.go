package peer_test

import (
	"context"
	"encoding/json"
	"net"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/signal"
)

// relay is a way between a viewer and a host's port that loses packets.
type relay struct {
	outside *net.UDPConn // to the viewer
	inside  *net.UDPConn // to the host
	viewer  atomic.Pointer[net.UDPAddr]
	lose    atomic.Int32 // one of so many packets to the viewer; 1 is all, both ways
	n       atomic.Int32
}

func newRelay(t *testing.T, port *peer.Port) *relay {
	t.Helper()
	tcp := port.Addr().(*net.TCPAddr)
	inside, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: tcp.IP, Port: tcp.Port})
	if err != nil {
		t.Fatal(err)
	}
	outside, err := net.ListenUDP("udp", &net.UDPAddr{IP: tcp.IP})
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{outside: outside, inside: inside}
	var wg sync.WaitGroup
	wg.Go(func() {
		b := make([]byte, 2000)
		for {
			n, from, err := outside.ReadFromUDP(b)
			if err != nil {
				return
			}
			r.viewer.Store(from)
			if r.lose.Load() != 1 {
				_, _ = inside.Write(b[:n])
			}
		}
	})
	wg.Go(func() {
		b := make([]byte, 2000)
		for {
			n, err := inside.Read(b)
			if err != nil {
				return
			}
			to, lose := r.viewer.Load(), r.lose.Load()
			if to == nil || lose > 0 && r.n.Add(1)%lose == 0 {
				continue
			}
			_, _ = outside.WriteToUDP(b[:n], to)
		}
	})
	t.Cleanup(func() { _ = inside.Close(); _ = outside.Close(); wg.Wait() })
	return r
}

// detour is a viewer's signalling in which the host is behind a relay.
type detour struct {
	signal.Conn
	port string
}

var (
	udpCandidate = regexp.MustCompile(`( udp \d+ [\d.]+ )\d+ `)
	tcpCandidate = regexp.MustCompile(`a=candidate:\S+ \d tcp [^\r]*\r\n`)
)

func (d detour) Receive(ctx context.Context) (signal.Namespace, signal.Message, error) {
	for {
		ns, m, err := d.Conn.Receive(ctx)
		if err != nil || m.Type != "offer" && m.Type != "answer" && m.Type != "candidate" {
			return ns, m, err
		}
		if m.Type == "candidate" {
			continue // all are in the descriptions
		}
		var sdp struct {
			Type string `json:"type"`
			SDP  string `json:"sdp"`
		}
		if err := json.Unmarshal(m.Data, &sdp); err != nil {
			return ns, m, err
		}
		sdp.SDP = udpCandidate.ReplaceAllString(tcpCandidate.ReplaceAllString(sdp.SDP, ""), "${1}"+d.port+" ")
		m.Data, _ = json.Marshal(sdp)
		return ns, m, nil
	}
}

// Publish keeps our own candidates from the host, which would else find a way
// past the relay.
func (d detour) Publish(ctx context.Context, ns signal.Namespace, m signal.Message) error {
	if m.Type == "candidate" {
		return nil
	}
	if m.Type == "answer" || m.Type == "offer" {
		var sdp map[string]any
		if err := json.Unmarshal(m.Data, &sdp); err != nil {
			return err
		}
		sdp["sdp"] = regexp.MustCompile(`a=candidate:[^\r]*\r\n`).ReplaceAllString(sdp["sdp"].(string), "")
		m.Data, _ = json.Marshal(sdp)
	}
	return d.Conn.Publish(ctx, ns, m)
}

// behind connects a viewer through a relay.
func behind(t *testing.T) (*peertest.World, *relay, *peer.Remote) {
	t.Helper()
	port := listen(t, "127.0.0.1:0")
	r := newRelay(t, port)
	w := peertest.New(t, func(o *peer.Options) { o.Port = port })
	_, number, _ := net.SplitHostPort(r.outside.LocalAddr().String())
	viewer := w.Connect("viewer", func(o *peer.Options) { o.Signal = detour{o.Signal, number} })
	return w, r, viewer
}

func TestLossIsMendedByRetransmission(t *testing.T) {
	w, r, viewer := behind(t)
	in := video(t, viewer)
	next(t, in)
	r.lose.Store(20)
	lost := 0
	for range 180 {
		if next(t, in).Lost {
			lost++
		}
	}
	s := w.RemoteOf("viewer").Stats()[0]
	t.Logf("%d of 180 frames followed a loss; %d packets were sent again for %d NACKs", lost, s.RetransmittedPacketsSent, s.NACKCount)
	if n := s.RetransmittedPacketsSent; n < 5 || n > 120 || lost > 9 {
		t.Errorf("%d of 180 frames followed a loss, %d packets were sent again", lost, s.RetransmittedPacketsSent)
	}
}

func TestLongLossStepsTheBitrateDown(t *testing.T) {
	w, r, viewer := behind(t)
	next(t, video(t, viewer))
	host := w.RemoteOf("viewer")
	before := host.Stats()[0].TargetBitrate
	r.lose.Store(3)
	peertest.Eventually(t, "the target sinks", func() bool { return host.Stats()[0].TargetBitrate < before*8/10 })
}

func TestWayIsLostAndFoundAgain(t *testing.T) {
	_, r, viewer := behind(t)
	in := video(t, viewer)
	next(t, in)
	r.lose.Store(1)
	peertest.Eventually(t, "the loss is noticed", func() bool { return viewer.State() == peer.StateDisconnected })
	generation := peer.Generation(viewer)
	peertest.Eventually(t, "ICE starts anew", func() bool { return peer.Generation(viewer) != generation })
	r.lose.Store(0)
	peertest.Eventually(t, "the way is found", func() bool { return viewer.State() == peer.StateConnected })
	found := capture.Now()
	for {
		c := next(t, in)
		if at, err := peertest.CapturedAt(c.Data); err != nil {
			t.Fatal(err)
		} else if at > found {
			break
		}
	}
}

func TestHostThatIsGoneIsGivenUp(t *testing.T) {
	w, r, viewer := behind(t)
	r.lose.Store(1)
	<-viewer.Done()
	peertest.Eventually(t, "the host gives up as well", func() bool { return w.RemoteOf("viewer") == nil })
}
