package peer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/streams"
)

// members runs so many peers, called a, b and so on.
func members(w *peertest.World, n int, change ...func(*peer.Options)) []*peer.Peer {
	var all []*peer.Peer
	for i := range n {
		all = append(all, w.Peer(string(rune('a'+i)), change...))
	}
	return all
}

// cast sees that what from publishes plays at each of the others.
func cast(t *testing.T, room, name string, from *peer.Peer, others ...*peer.Peer) {
	t.Helper()
	for _, p := range others {
		if p != from {
			plays(t, watched(t, peertest.Link(t, room, p, from), name))
		}
	}
}

func TestRooms(t *testing.T) {
	for _, n := range []int{3, 5} {
		t.Run(fmt.Sprint(n, " peers"), func(t *testing.T) {
			w := peertest.Exchange(t)
			all := members(w, n)
			for _, p := range all {
				publish(t, p, w.Picture("of "+p.ID(), 10))
			}
			peertest.Enter(t, "room", all...)
			for _, p := range all {
				cast(t, "room", "of "+p.ID(), p, all...)
			}
			// A late joiner gets all, and gives.
			late := w.Peer("late")
			publish(t, late, w.Picture("of late", 10))
			peertest.Enter(t, "room", late)
			everybody := append(slices.Clone(all), late)
			peertest.Meshed(t, "room", everybody...)
			for _, p := range everybody {
				cast(t, "room", "of "+p.ID(), p, late)
			}
			cast(t, "room", "of late", late, all...)
			// One leaves, and the rest go on.
			if err := all[0].LeaveRoom(patient(t), "room"); err != nil {
				t.Fatal(err)
			}
			if len(all[0].Rooms()) != 0 || len(all[0].Remotes()) != 0 {
				t.Errorf("who left is in %v, with %d remotes", all[0].Rooms(), len(all[0].Remotes()))
			}
			for _, p := range everybody[1:] {
				peertest.Eventually(t, p.ID()+" knows", func() bool { return len(p.Remotes()) == n-1 })
			}
			cast(t, "room", "of b", all[1], everybody[1:]...)
			// And comes back.
			peertest.Enter(t, "room", all[0])
			peertest.Meshed(t, "room", everybody...)
			cast(t, "room", "of a", all[0], everybody...)
			cast(t, "room", "of late", late, all[0])
		})
	}
}

func TestSeveralRooms(t *testing.T) {
	w := peertest.Exchange(t)
	all := members(w, 3)
	publish(t, all[0], w.Picture("p", 20))
	peertest.Enter(t, "all", all...)
	peertest.Enter(t, "two", all[0], all[1])
	peertest.Enter(t, "others", all[0], all[2])
	if got := strings.Join(all[0].Rooms(), " "); got != "all others two" {
		t.Errorf("a is in %s", got)
	}
	cast(t, "all", "p", all[0], all...)
	cast(t, "two", "p", all[0], all[1])
	cast(t, "others", "p", all[0], all[2])
	if peertest.Find(all[1], "others", "a") != nil || peertest.Find(all[1], "two", "c") != nil {
		t.Error("a member of one room is connected in another")
	}
	if err := all[0].LeaveRoom(patient(t), "two"); err != nil {
		t.Fatal(err)
	}
	if err := all[0].LeaveRoom(patient(t), "two"); err != nil {
		t.Error(err)
	}
	peertest.Eventually(t, "b knows", func() bool { return peertest.Find(all[1], "two", "a") == nil })
	cast(t, "all", "p", all[0], all...)
	// And to a member's own room.
	r, err := all[1].Connect(patient(t), "c", peer.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(peertest.Link(t, "all", all[1], all[2]).Streams()) != 0 || r.Room() != "c" {
		t.Error("the connections are mixed up")
	}
}

func TestPublishInARoom(t *testing.T) {
	w := peertest.Exchange(t)
	all := members(w, 3)
	ended := peertest.Listen[peer.StreamEnded](all[1])
	peertest.Enter(t, "room", all...)
	pictures := []*streams.Stream{w.Picture("p", 20), w.Picture("p", 20), w.Picture("p", 20)}
	for round, s := range pictures {
		published := publish(t, all[0], s)
		cast(t, "room", "p", all[0], all...)
		all[0].Unpublish(published)
		peertest.Eventually(t, "it ends", func() bool { return len(ended.All()) == round+1 })
		for _, p := range all[1:] {
			peertest.Eventually(t, "nothing is watched by "+p.ID(), func() bool { return len(peertest.Link(t, "room", p, all[0]).Streams()) == 0 })
		}
	}
	some, err := all[0].Publish(pictures[0], peer.PublishOptions{Filter: func(r *peer.Remote) bool { return r.ID() == "b" }})
	if err != nil {
		t.Fatal(err)
	}
	cast(t, "room", "p", all[0], all[1])
	if n := len(some.Viewers()); n != 1 {
		t.Errorf("%d viewers of what is for one", n)
	}
}

// ReplaceTracks puts one picture in the place of another without negotiation;
// a kind that is new or gone needs one.
func TestReplaceTracks(t *testing.T) {
	w := peertest.Exchange(t)
	all := members(w, 3)
	from := all[0]
	started := peertest.Listen[peer.TrackStarted](all[1])
	ended := peertest.Listen[peer.TrackEnded](all[1])
	peertest.Enter(t, "room", all...)
	track := func(fps, size int) *streams.Track {
		track := streams.NewTrack("picture", &peertest.Source{FPS: fps, Size: size})
		t.Cleanup(func() { _ = track.Close() })
		return track
	}
	sound := streams.NewTrack("sound", peertest.AudioSource{})
	t.Cleanup(func() { _ = sound.Close() })
	small, large := track(30, 300), track(30, 2000)
	published := publish(t, from, w.Publish(streams.Options{Name: "p", Tracks: []*streams.Track{small}}))
	cast(t, "room", "p", from, all...)
	in := mustVideo(t, watched(t, peertest.Link(t, "room", all[1], from), "p"))
	before := peer.SDP(peertest.Link(t, "room", from, all[1]))
	replace := func(tracks ...*streams.Track) {
		t.Helper()
		if err := published.ReplaceTracks(tracks...); err != nil {
			t.Fatal(err)
		}
	}
	for _, to := range []*streams.Track{large, small, large} {
		replace(to)
		for len(next(t, in).Data) > 1500 != (to == large) {
			continue
		}
	}
	if peer.SDP(peertest.Link(t, "room", from, all[1])) != before {
		t.Error("it was negotiated")
	}
	replace(large, sound) // a kind added
	for _, p := range all[1:] {
		s := watched(t, peertest.Link(t, "room", p, from), "p")
		hears, err := s.Audio(patient(t))
		if err != nil {
			t.Fatal(err)
		}
		next(t, hears)
		plays(t, s)
	}
	replace(sound) // and one removed
	ended.Await(t, "the picture ends", func(e peer.TrackEnded) bool { return e.Track == in })
	if _, err := in.Next(patient(t)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		for err == nil { // what was there already
			_, err = in.Next(patient(t))
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Error("the picture did not end")
		}
	}
	replace(small, sound) // and back
	s := watched(t, peertest.Link(t, "room", all[1], from), "p")
	started.Await(t, "a picture comes", func(e peer.TrackStarted) bool { return e.Track.Kind().String() == "video" && e.Track != in })
	plays(t, s)
	// Who comes now gets what there is now.
	late := w.Peer("late")
	peertest.Enter(t, "room", late)
	cast(t, "room", "p", from, late)
}

func TestVerifyInARoom(t *testing.T) {
	w := peertest.Exchange(t)
	var mu sync.Mutex
	var seen []peer.Join
	picky := func(o *peer.Options) {
		id := o.ID
		o.Verify = func(_ context.Context, j peer.Join) error {
			mu.Lock()
			defer mu.Unlock()
			if j.Room != "room" || j.Addr == "" || string(j.Metadata) != fmt.Sprintf(`{"from":%q,"token":"t"}`, j.ID) || j.Token != "t" {
				t.Errorf("%s saw %+v", id, j)
			}
			seen = append(seen, j)
			if j.ID == "c" && id == "b" || j.ID == "d" {
				return peer.Refuse("not you")
			}
			return nil
		}
	}
	all := members(w, 4, picky)
	problems := peertest.Listen[peer.Problem](all[1])
	for _, p := range all {
		if err := p.JoinRoom(patient(t), "room", peer.JoinOptions{Metadata: map[string]string{"from": p.ID(), "token": "t"}}); err != nil {
			t.Fatal(err)
		}
		if p != all[0] {
			continue
		}
		peertest.Eventually(t, "a is in it", func() bool { return len(p.Rooms()) == 1 })
	}
	peertest.Meshed(t, "room", all[0], all[1])
	peertest.Meshed(t, "room", all[0], all[2])
	problems.Await(t, "b refuses c", func(p peer.Problem) bool { return p.Code == peer.ErrorVerify })
	peertest.Eventually(t, "d is refused by three", func() bool {
		mu.Lock()
		defer mu.Unlock()
		n := 0
		for _, j := range seen {
			if j.ID == "d" && !j.Member {
				n++
			}
		}
		return n == 3
	})
	if peertest.Find(all[1], "room", "c") != nil || len(all[3].Remotes()) != 0 {
		t.Error("a refused peer is connected")
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.ContainsFunc(seen, func(j peer.Join) bool { return j.Member }) {
		t.Error("nobody verified an offer")
	}
}

func TestJoinRoomErrors(t *testing.T) {
	w := peertest.Exchange(t)
	p := w.Peer("a")
	for _, room := range []string{"", "a", "no room", "a:b", strings.Repeat("x", 65)} {
		if err := p.JoinRoom(t.Context(), room, peer.JoinOptions{}); err == nil {
			t.Errorf("joined %q", room)
		}
	}
	for _, metadata := range []any{"text", 7, []int{1}, func() {}, true} {
		if err := p.JoinRoom(t.Context(), "room", peer.JoinOptions{Metadata: metadata}); err == nil {
			t.Errorf("joined with the metadata %T", metadata)
		}
	}
	if err := p.JoinRoom(t.Context(), "room", peer.JoinOptions{Metadata: map[string]int{}}); err != nil {
		t.Fatal(err)
	}
	if err := p.JoinRoom(t.Context(), "room", peer.JoinOptions{}); !errors.Is(err, peer.ErrJoined) {
		t.Errorf("joining again: %v", err)
	}
	if err := p.LeaveRoom(t.Context(), "never joined"); err != nil {
		t.Error(err)
	}
	// Each room takes two subscriptions, of which there are 16.
	var err error
	n := 1
	for ; err == nil; n++ {
		err = p.JoinRoom(t.Context(), fmt.Sprint("room", n), peer.JoinOptions{})
	}
	if len(p.Rooms()) != n-1 {
		t.Errorf("%d rooms after %d joins", len(p.Rooms()), n)
	}
	if err := p.LeaveRoom(t.Context(), "room1"); err != nil {
		t.Error(err)
	}
	if err := p.JoinRoom(t.Context(), "another", peer.JoinOptions{}); err != nil {
		t.Errorf("there should be room again: %v", err)
	}
}

// Two peers of one id: the second learns that it is not in the room.
func TestJoinRoomUnderATakenID(t *testing.T) {
	w := peertest.Exchange(t)
	p := w.Peer("a")
	c := w.Dial("192.0.2.66")
	if err := c.Subscribe(t.Context(), "room:a", ""); err != nil {
		t.Fatal(err)
	}
	if err := p.JoinRoom(t.Context(), "room", peer.JoinOptions{}); err == nil {
		t.Error("joined under another's id")
	}
	if len(p.Rooms()) != 0 {
		t.Errorf("it is in %v", p.Rooms())
	}
}

// AnnounceOnly members are sent nothing unasked.
func TestAnnounceOnly(t *testing.T) {
	w := peertest.Exchange(t)
	all := members(w, 2)
	heard := peertest.Listen[peer.StreamAnnounced](all[1])
	publish(t, all[0], w.Picture("p", 20))
	for _, p := range all {
		if err := p.JoinRoom(patient(t), "room", peer.JoinOptions{AnnounceOnly: true}); err != nil {
			t.Fatal(err)
		}
	}
	r := peertest.Link(t, "room", all[1], all[0])
	e := heard.Await(t, "it is announced", func(e peer.StreamAnnounced) bool { return e.Info.Name == "p" })
	if len(r.Streams()) != 0 {
		t.Error("it came unasked")
	}
	s, err := e.Join(patient(t), peer.StreamOptions{})
	if err != nil {
		t.Fatal(err)
	}
	plays(t, s)
}

// Who leaves while it is being verified is not connected.
func TestLeaveWhileVerifying(t *testing.T) {
	w := peertest.Exchange(t)
	verifying := make(chan struct{})
	a := w.Peer("a", func(o *peer.Options) {
		o.Verify = func(ctx context.Context, _ peer.Join) error {
			close(verifying)
			<-ctx.Done()
			return nil
		}
	})
	b := w.Peer("b")
	for _, p := range []*peer.Peer{a, b} {
		if err := p.JoinRoom(patient(t), "room", peer.JoinOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	<-verifying
	if err := a.LeaveRoom(patient(t), "room"); err != nil {
		t.Fatal(err)
	}
	if n := len(a.Remotes()) + len(b.Remotes()); n != 0 {
		t.Errorf("%d remotes", n)
	}
}

// What waits for Run to begin waits no longer than it is told to.
func TestNothingWaitsForEver(t *testing.T) {
	w := peertest.Exchange(t)
	conn := w.Dial("192.0.2.1")
	synctest.Test(t, func(t *testing.T) {
		p, err := peer.New(peer.Options{ID: "a", Signal: conn})
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]func(context.Context) error{
			"JoinRoom": func(ctx context.Context) error { return p.JoinRoom(ctx, "room", peer.JoinOptions{}) },
			"Connect": func(ctx context.Context) error {
				_, err := p.Connect(ctx, "desk", peer.ConnectOptions{})
				return err
			},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			if err := f(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
			cancel()
		}
	})
}
