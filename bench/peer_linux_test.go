package bench

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/broker"
	"github.com/causeway-rtc/causeway/peer/channel"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/ws"
	"github.com/causeway-rtc/causeway/streams"
)

const (
	peerConnects = 50
	// peerRequests are as many as BenchmarkChannelRoundTrip has.
	peerRequests = 5000
	// peerMessages of channelMessage bytes are one measurement of throughput.
	peerMessages = 256
	// announceTo is how many remotes hear of a stream.
	announceTo = 100
	// announcements are how often that is measured.
	announcements = 30
)

// signalling is a broker for peers of this process.
type signalling struct {
	b      *testing.B
	broker *broker.Broker
	server *httptest.Server
}

func startSignalling(b *testing.B) *signalling {
	b.Helper()
	s := &signalling{b: b, broker: broker.New(broker.Options{Conns: -1, ConnsPerAddr: -1})}
	mux := http.NewServeMux()
	mux.Handle("/ws", s.broker)
	s.server = httptest.NewServer(mux)
	b.Cleanup(func() {
		_ = s.broker.Close()
		s.server.Close()
	})
	return s
}

// near dials in this process, far over a WebSocket.
func (s *signalling) near() signal.Conn { return s.must(s.broker.Dial()) }

func (s *signalling) far() signal.Conn {
	return s.must(signal.Dial(s.b.Context(), []signal.Driver{ws.Driver}, "ws"+s.server.URL[len("http"):]+"/ws", signal.Options{}))
}

func (s *signalling) must(c signal.Conn, err error) signal.Conn {
	s.b.Helper()
	if err != nil {
		s.b.Fatal(err)
	}
	return c
}

// runPeer runs a peer until stop is called, which also closes its way to the
// exchange.
func runPeer(b *testing.B, o peer.Options) (p *peer.Peer, stop func()) {
	b.Helper()
	p, err := peer.New(o)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	select {
	case <-p.Ready():
	case err := <-done:
		cancel()
		b.Fatal(err)
	}
	return p, func() {
		cancel()
		if err := errors.Join(<-done, o.Signal.Close()); err != nil {
			b.Error(err)
		}
	}
}

// connect returns the viewer's end of a connection between two peers, which
// ends with the benchmark, and the host's peer.
func connect(b *testing.B) (*peer.Remote, *peer.Peer) {
	b.Helper()
	s := startSignalling(b)
	host, stop := runPeer(b, peer.Options{ID: "host", Signal: s.near(), Verify: peer.AllowAll})
	b.Cleanup(stop)
	viewer, stop := runPeer(b, peer.Options{ID: "viewer", Signal: s.near()})
	b.Cleanup(stop)
	r, err := viewer.Connect(b.Context(), "host", peer.ConnectOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return r, host
}

// during measures the machine's load while f runs.
func during(b *testing.B, f func()) Load {
	b.Helper()
	meter, err := StartLoad()
	if err != nil {
		b.Fatal(err)
	}
	f()
	load, err := meter.Stop()
	if err != nil {
		b.Fatal(err)
	}
	return load
}

// BenchmarkPeerConnect measures how long Connect takes between two peers of
// this process: a join, an offer and an answer through the broker, ICE and
// DTLS. Each viewer is new, and at the broker already.
func BenchmarkPeerConnect(b *testing.B) {
	for _, way := range []struct {
		name string
		dial func(*signalling) signal.Conn
	}{{"memory", (*signalling).near}, {"WebSocket", (*signalling).far}} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				s := startSignalling(b)
				host, stop := runPeer(b, peer.Options{ID: "host", Signal: way.dial(s), Verify: peer.AllowAll})
				var samples []float64
				load := during(b, func() {
					for i := range peerConnects {
						viewer, leave := runPeer(b, peer.Options{ID: "viewer" + strconv.Itoa(i), Signal: way.dial(s)})
						began := time.Now()
						if _, err := viewer.Connect(b.Context(), host.ID(), peer.ConnectOptions{}); err != nil {
							b.Fatal(err)
						}
						samples = append(samples, Milliseconds(time.Since(began)))
						leave()
					}
				})
				stop()
				add(b, peerConnects, Result{
					Name: "peers connect, " + way.name, Unit: "ms", Target: Target{Median: 150}, Samples: samples, Load: load,
				})
			}
		})
	}
}

// openDataChannels makes both ends of a data channel between two peers.
func openDataChannels(b *testing.B) (near, far *peer.DataChannel) {
	b.Helper()
	r, host := connect(b)
	opened := make(chan *peer.DataChannel, 1)
	peer.On(host, func(e peer.DataChannelOpened) { opened <- e.Channel })
	near, err := r.CreateDataChannel(b.Context(), "bench", channel.Reliable)
	if err != nil {
		b.Fatal(err)
	}
	far = <-opened
	b.Cleanup(func() { _ = errors.Join(near.Close(), far.Close()) })
	return near, far
}

// BenchmarkPeerThroughput measures how fast messages of 1 MiB go through a
// named data channel between two peers of this process.
func BenchmarkPeerThroughput(b *testing.B) {
	for b.Loop() {
		near, far := openDataChannels(b)
		ctx, cancel := context.WithCancel(b.Context())
		sent := sendOn(ctx, near.Channel)
		take := func(n int) {
			for range n {
				if _, err := far.Next(ctx); err != nil {
					b.Fatal(err)
				}
			}
		}
		take(32) // the window of SCTP opens before anything counts
		var took time.Duration
		load := during(b, func() {
			began := time.Now()
			take(peerMessages)
			took = time.Since(began)
		})
		cancel()
		if err := <-sent; !errors.Is(err, context.Canceled) {
			b.Error(err)
		}
		add(b, 1, Result{
			Name: "peers' data channel, messages of 1 MiB", Unit: "Mbit/s", Target: Target{AtLeast: 300}, Load: load,
			Summary: Single(peerMessages * channelMessage * 8 / 1e6 / took.Seconds()),
		})
	}
}

// BenchmarkPeerRoundTrip measures a request of 100 bytes with its response
// over a named data channel, one after the other.
func BenchmarkPeerRoundTrip(b *testing.B) {
	for b.Loop() {
		near, far := openDataChannels(b)
		ctx, cancel := context.WithCancel(b.Context())
		answered := answerOn(ctx, far.Channel)
		data := make([]byte, 100)
		var samples []float64
		load := during(b, func() {
			for range peerRequests {
				began := time.Now()
				if _, err := near.Request(ctx, data); err != nil {
					b.Fatal(err)
				}
				samples = append(samples, 1000*Milliseconds(time.Since(began)))
			}
		})
		cancel()
		if err := <-answered; !errors.Is(err, context.Canceled) {
			b.Error(err)
		}
		add(b, peerRequests, Result{
			Name: "peers' data channel, request and response", Unit: "µs", Target: Target{Median: 500}, Samples: samples, Load: load,
		})
	}
}

// BenchmarkPeerAnnounce measures how long it takes until the last of 100
// remotes has heard of a stream.
func BenchmarkPeerAnnounce(b *testing.B) {
	for b.Loop() {
		s := startSignalling(b)
		host, stop := runPeer(b, peer.Options{ID: "host", Signal: s.near(), Verify: peer.AllowAll, MaxRemotes: announceTo})
		heard := make(chan string, announceTo)
		var stops []func()
		for i := range announceTo {
			viewer, leave := runPeer(b, peer.Options{ID: "viewer" + strconv.Itoa(i), Signal: s.near()})
			stops = append(stops, leave)
			peer.On(viewer, func(e peer.StreamAnnounced) { heard <- e.Info.Name })
			if _, err := viewer.Connect(b.Context(), host.ID(), peer.ConnectOptions{}); err != nil {
				b.Fatal(err)
			}
		}
		var samples []float64
		load := during(b, func() {
			for i := range announcements + 1 {
				samples = append(samples, announceOnce(b, host, heard))
				if i == 0 {
					samples = nil // it waits for control channels that are still opening
				}
			}
		})
		for _, leave := range stops {
			leave()
		}
		stop()
		add(b, announcements, Result{
			Name: "a stream is announced to " + strconv.Itoa(announceTo) + " remotes", Unit: "ms", Target: Target{Median: 100, Max: 100},
			Samples: samples, Load: load,
		})
	}
}

// announceOnce publishes a stream and returns after how many milliseconds all
// have heard of it.
func announceOnce(b *testing.B, host *peer.Peer, heard <-chan string) float64 {
	b.Helper()
	stream, err := streams.New(streams.Options{Name: "news", Tracks: []*streams.Track{streams.NewTrack("news", &peertest.Source{})}})
	if err != nil {
		b.Fatal(err)
	}
	defer stream.Close()
	began := time.Now()
	published, err := host.Publish(stream, peer.PublishOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for range announceTo {
		<-heard
	}
	took := Milliseconds(time.Since(began))
	host.Unpublish(published)
	return took
}
