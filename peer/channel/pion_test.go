package channel_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/channel"
)

// patience is for what takes no time, on a machine that has none.
const patience = 2 * time.Minute

// connection is two peer connections of pion that know each other.
type connection struct {
	t    *testing.T
	a, b *webrtc.PeerConnection
	ids  uint16
}

// connect connects two peers over the loopback interface.
func connect(t *testing.T) *connection {
	t.Helper()
	c := &connection{t: t}
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	api := webrtc.NewAPI(webrtc.WithSettingEngine(s))
	for _, pc := range []**webrtc.PeerConnection{&c.a, &c.b} {
		made, err := api.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := made.GracefulClose(); err != nil {
				t.Error(err)
			}
		})
		*pc = made
	}
	return c
}

// negotiate joins the two once the first channels are made.
func (c *connection) negotiate() {
	c.t.Helper()
	offer, err := c.a.CreateOffer(nil)
	gathered := webrtc.GatheringCompletePromise(c.a)
	if err := errors.Join(err, c.a.SetLocalDescription(offer)); err != nil {
		c.t.Fatal(err)
	}
	<-gathered
	err = c.b.SetRemoteDescription(*c.a.LocalDescription())
	answer, err2 := c.b.CreateAnswer(nil)
	gathered = webrtc.GatheringCompletePromise(c.b)
	if err := errors.Join(err, err2, c.b.SetLocalDescription(answer)); err != nil {
		c.t.Fatal(err)
	}
	<-gathered
	if err := c.a.SetRemoteDescription(*c.b.LocalDescription()); err != nil {
		c.t.Fatal(err)
	}
}

// data makes both ends of a data channel, as package peer does, and returns
// what waits until they are open.
func (c *connection) data(mode channel.Mode) func() (a, b *channel.Channel) {
	c.t.Helper()
	negotiated, ordered, never, id := true, mode == channel.Reliable, uint16(0), c.ids
	c.ids += 2
	init := webrtc.DataChannelInit{ID: &id, Negotiated: &negotiated, Ordered: &ordered}
	if mode == channel.Unreliable {
		init.MaxRetransmits = &never
	}
	var ends []chan *channel.Channel
	for _, pc := range []*webrtc.PeerConnection{c.a, c.b} {
		d, err := pc.CreateDataChannel("test", &init)
		if err != nil {
			c.t.Fatal(err)
		}
		end := make(chan *channel.Channel, 1)
		d.OnOpen(func() {
			made := channel.New(d, channel.Options{Mode: mode})
			d.OnMessage(func(m webrtc.DataChannelMessage) { made.Receive(m.Data) })
			d.OnClose(func() { made.Closed(nil) })
			end <- made
		})
		ends = append(ends, end)
	}
	return func() (a, b *channel.Channel) {
		for i, to := range []**channel.Channel{&a, &b} {
			select {
			case *to = <-ends[i]:
				made := *to
				c.t.Cleanup(func() { _ = made.Close() })
			case <-time.After(patience):
				c.t.Fatal("the data channel does not open")
			}
		}
		return a, b
	}
}

func TestOverPion(t *testing.T) {
	t.Parallel()
	c := connect(t)
	reliable, other, unreliable := c.data(channel.Reliable), c.data(channel.Reliable), c.data(channel.Unreliable)
	c.negotiate()

	t.Run("slow reader", func(t *testing.T) {
		slow, reader := other()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var sending sync.WaitGroup
		sending.Go(func() {
			for range 20 {
				if err := slow.Send(ctx, pattern(1<<20)); err != nil {
					t.Error(err)
				}
			}
		})
		a, b := reliable()
		exchange(t, a, b, 5_000_000, 0, 1, channel.MaxMessage)
		exchange(t, b, a, 5_000_000)
		for range 20 {
			if m := next(t, reader); !bytes.Equal(m.Data, pattern(1<<20)) {
				t.Error("a message is broken")
			}
		}
		sending.Wait()
	})

	t.Run("unreliable", func(t *testing.T) {
		a, b := unreliable()
		ctx, stop := context.WithCancel(t.Context())
		var answering sync.WaitGroup
		defer answering.Wait()
		defer stop()
		answering.Go(func() {
			for {
				m, err := b.Next(ctx)
				if err != nil {
					return
				}
				_ = m.Respond(ctx, m.Data)
			}
		})
		want := pattern(50_000)
		for range 10 { // one of them is not lost
			ctx, cancel := context.WithTimeout(ctx, patience/10)
			got, err := a.Request(ctx, want)
			cancel()
			if err == nil && bytes.Equal(got, want) {
				return
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("answered %d bytes, %v", len(got), err)
			}
		}
		t.Error("nothing arrives")
	})
}

func TestCloseOverPion(t *testing.T) {
	t.Parallel()
	c := connect(t)
	open := c.data(channel.Reliable)
	c.negotiate()
	a, b := open()
	if err := a.Send(t.Context(), []byte("last")); err != nil {
		t.Fatal(err)
	}
	next(t, b)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-b.Done():
	case <-time.After(patience):
		t.Fatal("the other side hears nothing")
	}
	if err := b.Err(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
