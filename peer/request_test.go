package peer_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
	"github.com/causeway-rtc/causeway/streams"
)

func TestStreamRequestIsGranted(t *testing.T) {
	var host *peer.Peer
	asked := make(chan peer.StreamRequest, 1)
	var grant atomic.Uint32
	w := peertest.New(t, func(o *peer.Options) {
		o.StreamRequest = func(_ context.Context, q peer.StreamRequest) (peer.Grant, error) {
			asked <- q
			return peer.Grant{Stream: host.Published()[0], Level: input.Level(grant.Load())}, nil
		}
	})
	host = w.Host
	if err := w.Stream.SetLevel(input.Mouse); err != nil {
		t.Fatal(err)
	}
	viewer := w.Viewer("viewer")
	started := peertest.Listen[peer.StreamStarted](viewer)
	ended := peertest.Listen[peer.StreamEnded](viewer)
	stats := peertest.Listen[peer.PublisherStats](viewer)
	r := quiet(t, w, viewer)
	for round, level := range []input.Level{input.None, input.All, input.Mouse | input.Keyboard, input.Mouse} {
		grant.Store(uint32(level))
		s, err := r.CreateStream(patient(t), peer.StreamOptions{Level: input.Keyboard, Fit: "cover", Metrics: true})
		if err != nil {
			t.Fatal(err)
		}
		q := <-asked
		if q.Level != input.Keyboard || q.Fit != "cover" || q.Stream != nil || q.Remote != w.RemoteOf("viewer") {
			t.Errorf("the request is %+v", q)
		}
		published := host.Published()[0]
		if got := published.PeerLevel(q.Remote); got != level || s.Permissions() != level {
			t.Errorf("granted %v, it has %v and knows of %v", level, got, s.Permissions())
		}
		if s.ID() != 1 || s.Info().Name != "desktop" || s.Remote() != r || len(s.Info().Tracks) != 2 {
			t.Errorf("the stream is %+v", s.Info())
		}
		next(t, mustVideo(t, s))
		stats.Await(t, "stats come", func(e peer.PublisherStats) bool { return e.Stream == s && e.Target > 0 })
		if got := len(published.Viewers()); got != 1 {
			t.Errorf("%d viewers", got)
		}
		if _, err := r.CreateStream(patient(t), peer.StreamOptions{}); !refused(err, peer.CodeTaken) {
			t.Errorf("asking for what is watched: %v", err)
		}
		<-asked
		// Closed, and asked for again.
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		<-s.Done()
		if _, err := s.Video(patient(t)); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the picture of a closed stream: %v", err)
		}
		peertest.Eventually(t, "nobody watches", func() bool { return len(published.Viewers()) == 0 && len(w.Stream.Viewers()) == 0 })
		if len(started.All()) != round+1 || len(ended.All()) != round+1 || len(r.Streams()) != 0 {
			t.Errorf("%d started, %d ended, %d are there", len(started.All()), len(ended.All()), len(r.Streams()))
		}
	}
}

// refused is true of a refusal with that code.
func refused(err error, code string) bool {
	refusal, ok := errors.AsType[*peer.Reject](err)
	return ok && refusal.Code == code
}

func TestStreamRequestIsRefused(t *testing.T) {
	answers := map[string]struct {
		err           error
		code, message string
	}{
		"reason":   {peer.Refuse("ask me tomorrow"), peer.CodeRejected, "ask me tomorrow"},
		"error":    {errors.New("a secret"), peer.CodeInternal, "something went wrong at the other side"},
		"no grant": {nil, peer.CodeInternal, "something went wrong at the other side"},
	}
	for name, want := range answers {
		t.Run(name, func(t *testing.T) {
			w := peertest.New(t, func(o *peer.Options) {
				o.StreamRequest = func(context.Context, peer.StreamRequest) (peer.Grant, error) { return peer.Grant{}, want.err }
			})
			r := quiet(t, w, w.Viewer("viewer"))
			_, err := r.CreateStream(patient(t), peer.StreamOptions{})
			refusal, ok := errors.AsType[*peer.Reject](err)
			if !ok || refusal.Code != want.code || refusal.Message != want.message {
				t.Errorf("CreateStream: %v", err)
			}
			if r.State() != peer.StateConnected {
				t.Errorf("the connection is %v", r.State())
			}
		})
	}
}

func TestNothingIsPublished(t *testing.T) {
	w := peertest.New(t, func(o *peer.Options) { o.Streams = nil })
	r := quiet(t, w, w.Viewer("viewer"))
	if _, err := r.CreateStream(patient(t), peer.StreamOptions{}); !refused(err, peer.CodeAbsent) {
		t.Errorf("CreateStream: %v, want absent", err)
	}
}

// A publisher that does not decide lets no more requests wait than it bears,
// and the asker may give up.
func TestRequestsThatAreNotDecided(t *testing.T) {
	w := peertest.New(t, func(o *peer.Options) {
		o.StreamRequest = func(ctx context.Context, _ peer.StreamRequest) (peer.Grant, error) {
			<-ctx.Done()
			return peer.Grant{}, ctx.Err()
		}
	})
	r := quiet(t, w, w.Viewer("viewer"))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := r.CreateStream(ctx, peer.StreamOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("CreateStream: %v", err)
	}
	errs := make(chan error, 20)
	rest, stop := context.WithCancel(t.Context())
	defer stop()
	for range 20 {
		go func() {
			_, err := r.CreateStream(rest, peer.StreamOptions{})
			errs <- err
		}()
	}
	for range 20 - peer.MaxRequests + 1 {
		if err := <-errs; !refused(err, peer.CodeBusy) {
			t.Errorf("CreateStream: %v, want busy", err)
		}
	}
	_ = r.Close()
	for range peer.MaxRequests - 1 {
		if err := <-errs; err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("CreateStream as the connection closed: %v", err)
		}
	}
}

func TestAnnouncements(t *testing.T) {
	w := peertest.New(t)
	viewer := w.Viewer("viewer")
	heard := peertest.Listen[peer.StreamAnnounced](viewer)
	withdrawn := peertest.Listen[peer.StreamWithdrawn](viewer)
	r := quiet(t, w, viewer)
	named := func(name string) func(peer.StreamAnnounced) bool {
		return func(e peer.StreamAnnounced) bool { return e.Info.Name == name && e.Remote == r }
	}
	heard.Await(t, "the first is announced", named("desktop"))
	second, err := w.Host.Publish(w.Picture("second", 30), peer.PublishOptions{})
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := w.Host.Publish(w.Picture("hidden", 30), peer.PublishOptions{Filter: func(r *peer.Remote) bool { return r.ID() != "viewer" }})
	if err != nil {
		t.Fatal(err)
	}
	e := heard.Await(t, "the second is announced", named("second"))
	if len(r.Streams()) != 0 {
		t.Errorf("%d streams came unasked", len(r.Streams()))
	}
	s, err := e.Join(patient(t), peer.StreamOptions{Level: input.All})
	if err != nil {
		t.Fatal(err)
	}
	if s.ID() != second.ID() || s.Permissions() != input.None || r.Streams()[second.ID()] != s {
		t.Errorf("joined %d with %v", s.ID(), s.Permissions())
	}
	next(t, mustVideo(t, s))

	before := heard.Count(named("desktop"))
	r.ForceStreamAnnouncements()
	peertest.Eventually(t, "all are announced again", func() bool {
		return heard.Count(named("desktop")) == before+1 && heard.Count(named("second")) >= 2
	})
	if n := heard.Count(named("hidden")); n != 0 {
		t.Errorf("a hidden stream was announced %d times", n)
	}
	never := &peer.Announcement{Remote: r, Info: peer.StreamInfo{ID: hidden.ID()}}
	if _, err := never.Join(patient(t), peer.StreamOptions{}); !refused(err, peer.CodeAbsent) {
		t.Errorf("joining a hidden stream: %v, want absent", err)
	}

	w.Host.Unpublish(second)
	w.Host.Unpublish(second)
	withdrawn.Await(t, "it is withdrawn", func(e peer.StreamWithdrawn) bool { return e.Stream == second.ID() && e.Remote == r })
	<-s.Done()
	if _, err := e.Join(patient(t), peer.StreamOptions{}); !refused(err, peer.CodeAbsent) {
		t.Errorf("joining a withdrawn stream: %v, want absent", err)
	}
	w.Host.Unpublish(hidden)
	if n := len(withdrawn.All()); n != 1 {
		t.Errorf("%d were withdrawn", n)
	}
}

func TestViewerIsRemoved(t *testing.T) {
	w := peertest.New(t)
	viewer, other := w.Viewer("viewer"), w.Viewer("other")
	ended := peertest.Listen[peer.StreamEnded](viewer)
	s, rest := create(t, quiet(t, w, viewer)), create(t, quiet(t, w, other))
	in := mustVideo(t, rest)
	w.Host.Published()[0].Remove(w.RemoteOf("viewer"), "time is up")
	<-s.Done()
	ended.Await(t, "it is told why", func(e peer.StreamEnded) bool { return e.Stream == s && e.Message == "time is up" })
	for range 30 {
		next(t, in)
	}
	next(t, mustVideo(t, create(t, s.Remote())))
}

func TestJoinedAndLeft(t *testing.T) {
	events := make(chan string, 16)
	w := peertest.Exchange(t)
	host := w.Peer(peertest.HostID)
	s := w.Publish(streams.Options{
		Name: "s", Tracks: []*streams.Track{streams.NewTrack("s", &peertest.Source{})},
		Joined: func(viewer string) { events <- "joined " + viewer },
		Left:   func(viewer string) { events <- "left " + viewer },
	})
	published, err := host.Publish(s, peer.PublishOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Viewer("viewer").Connect(patient(t), peertest.HostID, peer.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-events:
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		case <-patient(t).Done():
			t.Fatalf("not %s", want)
		}
	}
	in := create(t, r)
	id := published.Viewers()[0].Viewer()
	expect("joined " + id)
	_ = in.Close()
	expect("left " + id)
	create(t, r)
	expect("joined " + id)
	_ = r.Close()
	expect("left " + id)
}
