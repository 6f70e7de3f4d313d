package peer_test

import (
	"fmt"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// said is true of a message with that text.
func said(text string) func(peer.ChannelMessage) bool {
	return func(m peer.ChannelMessage) bool { return m.Text && string(m.Data) == text }
}

// channelOf is true of events about a channel with a remote.
func channelOf(id uint16, remote string) func(peer.ChannelOpened) bool {
	return func(e peer.ChannelOpened) bool { return e.Channel.ID == id && e.Remote.ID() == remote }
}

func TestNumberedChannels(t *testing.T) {
	w := peertest.Exchange(t)
	a, b := w.Peer("a"), w.Peer("b")
	opensA, opensB := peertest.Listen[peer.ChannelOpened](a), peertest.Listen[peer.ChannelOpened](b)
	closesA, closesB := peertest.Listen[peer.ChannelClosed](a), peertest.Listen[peer.ChannelClosed](b)
	hearsA, hearsB := peertest.Listen[peer.ChannelMessage](a), peertest.Listen[peer.ChannelMessage](b)

	early := peer.ChannelOptions{ID: 0, Label: "early"}
	for _, p := range []*peer.Peer{a, b} {
		if err := p.OpenChannel(early); err != nil {
			t.Fatal(err)
		}
		if err := p.OpenChannel(early); err == nil {
			t.Error("channel 0 was opened twice")
		}
	}
	peertest.Enter(t, "room", a, b)
	opensA.Await(t, "it opens at a", channelOf(0, "b"))
	opensB.Await(t, "it opens at b", channelOf(0, "a"))
	say := func(p *peer.Peer, text string, o peer.SendOptions, want int) {
		t.Helper()
		if n, err := p.SendText(text, o); n != want || err != nil {
			t.Errorf("%q was sent to %d, %v; want %d", text, n, err, want)
		}
	}
	say(a, "hello b", peer.SendOptions{}, 1)
	hearsB.Await(t, "b hears", said("hello b"))
	if n, err := b.Send([]byte{1, 2}, peer.SendOptions{ID: new(uint16)}); n != 1 || err != nil {
		t.Errorf("sent to %d, %v", n, err)
	}
	hearsA.Await(t, "a hears", func(m peer.ChannelMessage) bool { return !m.Text && len(m.Data) == 2 && m.Channel.Label == "early" })

	// After connecting, and on one side first.
	late := peer.ChannelOptions{ID: 300, Label: "late", Unordered: true, MaxRetransmits: new(uint16)}
	if err := a.OpenChannel(late); err != nil {
		t.Fatal(err)
	}
	if err := b.OpenChannel(late); err != nil {
		t.Fatal(err)
	}
	opensA.Await(t, "it opens at a", channelOf(300, "b"))
	opensB.Await(t, "it opens at b", channelOf(300, "a"))
	say(b, "by id", peer.SendOptions{ID: &late.ID}, 1)
	say(b, "by label", peer.SendOptions{Label: "late"}, 1)
	say(b, "nowhere", peer.SendOptions{Label: "late", ID: &early.ID}, 0)
	say(b, "by filter", peer.SendOptions{Filter: func(r *peer.Remote, o peer.ChannelOptions) bool { return r.ID() == "a" && o.ID == 300 }}, 1)
	for _, text := range []string{"by id", "by label", "by filter"} {
		m := hearsA.Await(t, "a hears "+text, said(text))
		if m.Channel.ID != 300 {
			t.Errorf("%q came on channel %d", text, m.Channel.ID)
		}
	}
	say(a, "everywhere", peer.SendOptions{}, 1)
	peertest.Eventually(t, "it comes on both", func() bool { return hearsB.Count(said("everywhere")) == 2 })

	a.CloseChannel(300)
	a.CloseChannel(300)
	closed := func(e peer.ChannelClosed) bool { return e.Channel.ID == 300 }
	closesA.Await(t, "it closes at a", closed)
	closesB.Await(t, "it closes at b", closed)
	say(b, "too late", peer.SendOptions{ID: &late.ID}, 0)
	say(b, "still here", peer.SendOptions{ID: &early.ID}, 1)
	hearsA.Await(t, "channel 0 goes on", said("still here"))
	if n := hearsA.Count(said("nowhere")) + hearsA.Count(said("too late")); n != 0 {
		t.Errorf("%d messages came that were not for a", n)
	}
	if n := len(a.Channels()); n != 1 {
		t.Errorf("a has %d channels", n)
	}
}

// A channel that was closed by both is opened again by both.
func TestNumberedChannelsAreOpenedAgain(t *testing.T) {
	w := peertest.Exchange(t)
	a, b := w.Peer("a"), w.Peer("b")
	hears := peertest.Listen[peer.ChannelMessage](b)
	peertest.Enter(t, "room", a, b)
	closes := peertest.Listen[peer.ChannelClosed](b)
	o := peer.ChannelOptions{ID: 9}
	for round := range 5 {
		for _, p := range []*peer.Peer{a, b} {
			if err := p.OpenChannel(o); err != nil {
				t.Fatal(err)
			}
		}
		text := fmt.Sprint("round ", round)
		peertest.Eventually(t, "a can send", func() bool {
			n, _ := a.SendText(text, peer.SendOptions{})
			return n == 1
		})
		hears.Await(t, "b hears "+text, said(text))
		a.CloseChannel(9)
		b.CloseChannel(9)
		peertest.Eventually(t, "it is closed", func() bool { return len(closes.All()) == round+1 })
	}
}

// What only one side has opened is open nowhere, and what is sent on it goes
// nowhere and stops nothing.
func TestNumberedChannelOnOneSideOnly(t *testing.T) {
	w := peertest.Exchange(t)
	a, b := w.Peer("a"), w.Peer("b")
	opens := peertest.Listen[peer.ChannelOpened](a)
	hears := peertest.Listen[peer.ChannelMessage](b)
	both := peer.ChannelOptions{ID: 7}
	for _, p := range []*peer.Peer{a, b} {
		if err := p.OpenChannel(both); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.OpenChannel(peer.ChannelOptions{ID: 5}); err != nil {
		t.Fatal(err)
	}
	peertest.Enter(t, "room", a, b)
	opens.Await(t, "channel 7 opens", channelOf(7, "b"))
	five := uint16(5)
	for range 100 { // more than SCTP would hold for a reader
		if n, err := a.Send(make([]byte, 60_000), peer.SendOptions{ID: &five}); n != 0 || err != nil {
			t.Fatalf("sent to %d, %v", n, err)
		}
	}
	if _, err := a.SendText("hello", peer.SendOptions{}); err != nil {
		t.Fatal(err)
	}
	hears.Await(t, "channel 7 works", said("hello"))
	if n := opens.Count(channelOf(5, "b")); n != 0 {
		t.Error("channel 5 opened")
	}
	if err := b.OpenChannel(peer.ChannelOptions{ID: 5}); err != nil {
		t.Fatal(err)
	}
	opens.Await(t, "channel 5 opens", channelOf(5, "b"))
	if _, err := a.SendText("there you are", peer.SendOptions{ID: &five}); err != nil {
		t.Fatal(err)
	}
	hears.Await(t, "channel 5 works", said("there you are"))
}

func TestNumberedChannelsByFilter(t *testing.T) {
	w := peertest.Exchange(t)
	a, b, c := w.Peer("a"), w.Peer("b"), w.Peer("c")
	opens := peertest.Listen[peer.ChannelOpened](a)
	if err := a.OpenChannel(peer.ChannelOptions{ID: 1, Filter: func(r *peer.Remote) bool { return r.ID() == "b" }}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*peer.Peer{b, c} {
		if err := p.OpenChannel(peer.ChannelOptions{ID: 1}); err != nil {
			t.Fatal(err)
		}
	}
	peertest.Enter(t, "room", a, b, c)
	opens.Await(t, "it opens with b", channelOf(1, "b"))
	if n, err := a.SendText("x", peer.SendOptions{}); n != 1 || err != nil {
		t.Errorf("sent to %d, %v", n, err)
	}
	if n := opens.Count(channelOf(1, "c")); n != 0 {
		t.Error("it opened with c")
	}
}

func TestNumberedChannelsThatCannotBe(t *testing.T) {
	w := peertest.Exchange(t)
	p := w.Peer("a")
	for _, o := range []peer.ChannelOptions{{ID: 128}, {ID: 255}, {ID: 1023}, {ID: 1, MaxRetransmits: new(uint16), MaxPacketLifeTime: 1}} {
		if err := p.OpenChannel(o); err == nil {
			t.Errorf("%+v was opened", o)
		}
	}
	p.CloseChannel(3)
	if _, err := p.Send(make([]byte, 64<<10+1), peer.SendOptions{}); err == nil {
		t.Error("a message of more than 64 KiB was sent")
	}
}
