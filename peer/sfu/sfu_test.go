package sfu

import (
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/streams"
)

func TestMembersSeeEachOther(t *testing.T) {
	s := start(t, Options{})
	a, b, c := enter(t, s, "r", "a", true), enter(t, s, "r", "b", true), enter(t, s, "r", "c", true)
	all := []*client{a, b, c}
	for _, x := range all {
		x.send()
	}
	for _, x := range all {
		for _, y := range all {
			if x != y {
				x.gets(y.id, 20)
			}
		}
	}
	for _, x := range all {
		x.mu.Lock()
		for msid, owner := range x.streams {
			if owner == x.id {
				t.Errorf("%s is sent its own %s", x.id, msid)
			}
		}
		x.mu.Unlock()
		if n := x.clash.Load(); n > 0 {
			t.Errorf("%s: %d offers came while one was out", x.id, n)
		}
	}
}

func TestLateJoinerAndLeaver(t *testing.T) {
	s := start(t, Options{})
	a, b := enter(t, s, "r", "a", true), enter(t, s, "r", "b", false)
	a.send()
	b.gets("a", 10)
	late := enter(t, s, "r", "late", true)
	late.send()
	late.gets("a", 10)
	b.gets("late", 10)
	if err := late.member.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-late.closed; err != nil {
		t.Errorf("it was told %v, want nothing", err)
	}
	peertest.Eventually(t, "b is told that it left", func() bool { return b.from("late") == nil })
	b.gets("a", 10)
	again := enter(t, s, "r", "late", true)
	again.send()
	b.gets("late", 10)
}

func TestRoomsAreApart(t *testing.T) {
	s := start(t, Options{})
	a, b := enter(t, s, "r", "a", true), enter(t, s, "r", "b", false)
	other := enter(t, s, "q", "other", false)
	a.send()
	b.gets("a", 10)
	if other.from("a") != nil {
		t.Error("a member of another room sees it")
	}
}

func TestLossIsRepairedFromTheSharedPackets(t *testing.T) {
	s := start(t, Options{})
	a, b, c := enter(t, s, "r", "a", true), enter(t, s, "r", "b", false), enter(t, s, "r", "c", false)
	a.send()
	b.gets("a", 10)
	c.gets("a", 10)
	b.net.lose.Store(10)
	b.gets("a", 300)
	c.gets("a", 10)
	r := b.from("a")
	t.Logf("%d of %d packets followed a loss", r.lost.Load(), r.packets.Load())
	if lost := r.lost.Load(); lost > 15 {
		t.Errorf("%d of %d packets followed a loss, want nearly none", lost, r.packets.Load())
	}
	if b.net.n.Load() < 300 {
		t.Error("nothing was lost")
	}
	if n := c.from("a").lost.Load(); n != 0 {
		t.Errorf("another receiver has %d losses", n)
	}
}

func TestReceiverThatStopsChangesNothingForOthers(t *testing.T) {
	s := start(t, Options{})
	a, b, c := enter(t, s, "r", "a", true), enter(t, s, "r", "b", false), enter(t, s, "r", "c", false)
	a.send()
	b.gets("a", 10)
	c.gets("a", 10)
	b.net.lose.Store(1)
	c.gets("a", 200)
	if n := c.from("a").lost.Load(); n != 0 {
		t.Errorf("another receiver has %d losses", n)
	}
}

func TestHostPublishesWithoutAConnection(t *testing.T) {
	s := start(t, Options{})
	b := enter(t, s, "r", "b", false)
	stream, err := streams.New(streams.Options{
		Name: "desktop", Tracks: []*streams.Track{streams.NewTrack("desktop", &peertest.Source{})}, Level: input.None,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stream.Close() })
	stop, err := s.Publish("r", "host", stream)
	if err != nil {
		t.Fatal(err)
	}
	b.gets("host", 20)
	stop()
	stop()
	peertest.Eventually(t, "b is told that it ended", func() bool { return b.from("host") == nil })
}

func TestStrangersAreBounded(t *testing.T) {
	s := start(t, Options{MaxRooms: 1, MaxMembers: 1})
	offered := make(chan struct{}, 1)
	m, err := s.Join("r", "a", MemberOptions{Offer: func(string, map[string]string) { offered <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	<-offered
	for _, sdp := range []string{"", "v=0", strings.Repeat("a", maxSDP+1), "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"} {
		if m.Answer(sdp) == nil {
			t.Errorf("the answer %.20q was taken", sdp)
		}
	}
	for _, c := range []string{"", "{", strings.Repeat(" ", maxCandidate+1)} {
		if m.AddCandidate(c) == nil {
			t.Errorf("the candidate %.20q was taken", c)
		}
	}
	n := 0
	for ; n < 10000 && m.AddCandidate(`{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host"}`) == nil; n++ {
	}
	if n == 10000 {
		t.Error("candidates are not bounded")
	}
	for _, at := range [][2]string{{"r", "a"}, {"r", "b"}, {"q", "a"}} {
		if _, err := s.Join(at[0], at[1], MemberOptions{Offer: func(string, map[string]string) {}}); err == nil {
			t.Errorf("%v was let in", at)
		}
	}
}

func TestMemberThatClosesItsConnectionHasLeft(t *testing.T) {
	s := start(t, Options{})
	a, b := enter(t, s, "r", "a", true), enter(t, s, "r", "b", false)
	a.send()
	b.gets("a", 5)
	if err := b.pc.GracefulClose(); err != nil {
		t.Fatal(err)
	}
	if err := <-b.closed; err != nil {
		t.Errorf("it is told %v", err)
	}
}
