package bench

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/channel"
)

const (
	// channelMessage is what BenchmarkChannelThroughput sends, in bytes.
	channelMessage = 1 << 20
	// channelMessages is how many make one measurement.
	channelMessages = 256
	// channelRequests is how many make one of BenchmarkChannelRoundTrip.
	channelRequests = 5000
)

// openChannels makes both ends of a reliable channel between two peers of
// pion in this process.
func openChannels(b *testing.B) (near, far *channel.Channel) {
	b.Helper()
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	channelSettings(&s)
	api := webrtc.NewAPI(webrtc.WithSettingEngine(s))
	var peers [2]*webrtc.PeerConnection
	var opened [2]chan *channel.Channel
	for i := range peers {
		pc, err := api.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = pc.GracefulClose() })
		negotiated, id := true, uint16(128)
		d, err := pc.CreateDataChannel("bench", &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id})
		if err != nil {
			b.Fatal(err)
		}
		peers[i], opened[i] = pc, make(chan *channel.Channel, 1)
		d.OnOpen(func() {
			c := channel.New(d, channel.Options{Label: "bench"})
			d.OnMessage(func(m webrtc.DataChannelMessage) { c.Receive(m.Data) })
			d.OnClose(func() { c.Closed(nil) })
			opened[i] <- c
		})
	}
	if err := joinPeers(peers[0], peers[1]); err != nil {
		b.Fatal(err)
	}
	near, far = <-opened[0], <-opened[1]
	b.Cleanup(func() { _ = errors.Join(near.Close(), far.Close()) })
	return near, far
}

// channelSettings are those that matter to data channels.
func channelSettings(s *webrtc.SettingEngine) {
	// DTLS has a better checksum (RFC 9653).
	s.EnableSCTPZeroChecksum(true)
	// The receive buffer stays at pion's 1 MiB: its buffers below hold a
	// million bytes, so that a larger window loses packets to them.
}

// joinPeers has one peer's offer answered by the other.
func joinPeers(offers, answers *webrtc.PeerConnection) error {
	offer, err := offers.CreateOffer(nil)
	gathered := webrtc.GatheringCompletePromise(offers)
	if err := errors.Join(err, offers.SetLocalDescription(offer)); err != nil {
		return err
	}
	<-gathered
	if err := answers.SetRemoteDescription(*offers.LocalDescription()); err != nil {
		return err
	}
	answer, err := answers.CreateAnswer(nil)
	gathered = webrtc.GatheringCompletePromise(answers)
	if err := errors.Join(err, answers.SetLocalDescription(answer)); err != nil {
		return err
	}
	<-gathered
	return offers.SetRemoteDescription(*answers.LocalDescription())
}

// sendOn sends messages one after the other until one cannot be, and yields
// why.
func sendOn(ctx context.Context, c *channel.Channel) <-chan error {
	ended := make(chan error, 1)
	go func() {
		data := make([]byte, channelMessage)
		for {
			if err := c.Send(ctx, data); err != nil {
				ended <- err
				return
			}
		}
	}()
	return ended
}

// answerOn answers each request with what it says, until that is not possible,
// and yields why.
func answerOn(ctx context.Context, c *channel.Channel) <-chan error {
	ended := make(chan error, 1)
	go func() {
		for {
			m, err := c.Next(ctx)
			if err == nil {
				err = m.Respond(ctx, m.Data)
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	return ended
}

// BenchmarkChannelThroughput measures how fast messages of 1 MiB go through a
// channel between two peers of this process.
func BenchmarkChannelThroughput(b *testing.B) {
	near, far := openChannels(b)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	sent := sendOn(ctx, near)
	// The window of SCTP opens before anything counts.
	for range 32 {
		if _, err := far.Next(ctx); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	for b.Loop() {
		for range channelMessages {
			if _, err := far.Next(ctx); err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)*channelMessage*8/1e6/b.Elapsed().Seconds(), "Mbit/s")
	cancel()
	if err := <-sent; !errors.Is(err, context.Canceled) {
		b.Error(err)
	}
}

// BenchmarkChannelRoundTrip measures a request of 100 bytes with its response,
// one after the other.
func BenchmarkChannelRoundTrip(b *testing.B) {
	near, far := openChannels(b)
	ctx, cancel := context.WithCancel(b.Context())
	answered := answerOn(ctx, far)
	data := make([]byte, 100)
	var took []float64
	for b.Loop() {
		for range channelRequests {
			begin := time.Now()
			if _, err := near.Request(ctx, data); err != nil {
				b.Fatal(err)
			}
			took = append(took, float64(time.Since(begin))/float64(time.Microsecond))
		}
	}
	slices.Sort(took)
	b.ReportMetric(Quantile(took, 0.5), "p50-µs")
	b.ReportMetric(Quantile(took, 0.95), "p95-µs")
	cancel()
	if err := <-answered; !errors.Is(err, context.Canceled) {
		b.Error(err)
	}
}
