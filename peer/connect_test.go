package peer_test

import (
	"context"
	"errors"
	"net"
	"reflect"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// patient is a context for what should happen soon.
func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peertest.Patience)
	t.Cleanup(cancel)
	return ctx
}

// quiet connects a viewer that is sent nothing unasked.
func quiet(t *testing.T, w *peertest.World, viewer *peer.Peer) *peer.Remote {
	t.Helper()
	r, err := viewer.Connect(patient(t), peertest.HostID, peer.ConnectOptions{Token: string(w.Token)})
	if err != nil {
		t.Fatal(err)
	}
	peertest.Eventually(t, "the host is connected", func() bool { return w.RemoteOf(viewer.ID()) != nil })
	return r
}

func TestConnectTellsBothSidesWhoTheyAre(t *testing.T) {
	joins := make(chan peer.Join, 1)
	w := peertest.New(t, func(o *peer.Options) {
		o.ExternalID = "the desk"
		o.Verify = func(_ context.Context, j peer.Join) error {
			joins <- j
			return nil
		}
	})
	viewer := w.Viewer("viewer", func(o *peer.Options) { o.ExternalID = "grace" })
	r, err := viewer.Connect(patient(t), peertest.HostID, peer.ConnectOptions{Token: "t", Metadata: map[string]any{"age": 7}})
	if err != nil {
		t.Fatal(err)
	}
	j := <-joins
	if j.ID != "viewer" || j.ExternalID != "grace" || j.Room != peertest.HostID || j.Addr != "192.0.2.7" || j.Token != "t" || j.Member {
		t.Errorf("Verify saw %+v", j)
	}
	const metadata = `{"age":7,"token":"t"}`
	if string(j.Metadata) != metadata {
		t.Errorf("with metadata %s", j.Metadata)
	}
	peertest.Eventually(t, "the host is connected", func() bool { return w.RemoteOf("viewer") != nil })
	host := w.RemoteOf("viewer")
	if host.ExternalID() != "grace" || string(host.Metadata()) != metadata || host.Addr() != "192.0.2.7" || host.Room() != peertest.HostID {
		t.Errorf("the host knows %q %s %s %s", host.ExternalID(), host.Metadata(), host.Addr(), host.Room())
	}
	if r.ExternalID() != "the desk" || r.ID() != peertest.HostID || r.Room() != peertest.HostID || r.Peer() != viewer {
		t.Errorf("the viewer knows %q %s %s", r.ExternalID(), r.ID(), r.Room())
	}
}

func TestRefusalReachesTheAsker(t *testing.T) {
	for name, c := range map[string]struct {
		verify        error
		code, message string
	}{
		"with a reason": {peer.Refuse("not before noon"), peer.CodeRejected, "not before noon"},
		"with an error": {errors.New("the database at 10.0.0.3 is down"), peer.CodeInternal, "something went wrong at the other side"},
	} {
		t.Run(name, func(t *testing.T) {
			w := peertest.New(t, func(o *peer.Options) {
				o.Verify = func(context.Context, peer.Join) error { return c.verify }
			})
			problems := peertest.Listen[peer.Problem](w.Host)
			viewer := w.Viewer("viewer")
			_, err := viewer.Connect(patient(t), peertest.HostID, peer.ConnectOptions{})
			refusal, ok := errors.AsType[*peer.Reject](err)
			if !ok || refusal.Code != c.code || refusal.Message != c.message {
				t.Errorf("Connect: %v", err)
			}
			problems.Await(t, "the host's application is told", func(p peer.Problem) bool {
				return p.Code == peer.ErrorVerify && errors.Is(p.Err, c.verify) && p.Remote == nil
			})
			if n := len(viewer.Remotes()) + len(w.Host.Remotes()); n != 0 {
				t.Errorf("%d remotes are left", n)
			}
		})
	}
}

func TestConnectIsCancelled(t *testing.T) {
	asked, gaveUp := make(chan struct{}), make(chan struct{})
	w := peertest.New(t, func(o *peer.Options) {
		o.Verify = func(ctx context.Context, _ peer.Join) error {
			close(asked)
			<-ctx.Done()
			close(gaveUp)
			return ctx.Err()
		}
	})
	viewer := w.Viewer("viewer")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := viewer.Connect(ctx, peertest.HostID, peer.ConnectOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Connect: %v", err)
	}
	<-gaveUp
	if n := len(viewer.Remotes()) + len(w.Host.Remotes()); n != 0 {
		t.Errorf("%d remotes are left", n)
	}
}

func TestStatesComeInOrder(t *testing.T) {
	want := []peer.State{peer.StateConnecting, peer.StateConnected, peer.StateClosed}
	for name, end := range map[string]func(host, viewer *peer.Remote) error{
		"the host closes":   func(host, _ *peer.Remote) error { return host.Close() },
		"the viewer closes": func(_, viewer *peer.Remote) error { return viewer.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			w := peertest.New(t)
			viewer := w.Viewer("viewer")
			of := map[string]*peertest.Record[peer.StateChanged]{
				"host": peertest.Listen[peer.StateChanged](w.Host), "viewer": peertest.Listen[peer.StateChanged](viewer),
			}
			r := quiet(t, w, viewer)
			host := w.RemoteOf("viewer")
			if err := end(host, r); err != nil {
				t.Error(err)
			}
			<-r.Done()
			<-host.Done()
			if r.Err() == nil || host.Err() == nil {
				t.Errorf("the ends say %v and %v", host.Err(), r.Err())
			}
			for side, states := range of {
				var got []peer.State
				for _, e := range states.All() {
					got = append(got, e.State)
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("the states at the %s are %v", side, got)
				}
			}
			if n := len(viewer.Remotes()) + len(w.Host.Remotes()); n != 0 {
				t.Errorf("%d remotes are left", n)
			}
		})
	}
}

// A listener cannot wait for what waits for it: End does not.
func TestListenersMayEndConnections(t *testing.T) {
	w := peertest.New(t)
	viewer := w.Viewer("viewer")
	peer.On(viewer, func(e peer.StateChanged) {
		if e.State == peer.StateConnected {
			e.Remote.End()
		}
	})
	r, err := viewer.Connect(patient(t), peertest.HostID, peer.ConnectOptions{Token: string(w.Token)})
	if err == nil {
		<-r.Done()
		err = r.Err()
	}
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("the connection ended with %v", err)
	}
	peertest.Eventually(t, "the host knows", func() bool { return len(w.Host.Remotes()) == 0 })
}

func TestConnectToNobodyInParticular(t *testing.T) {
	w := peertest.New(t)
	viewer := w.Viewer("viewer")
	for _, id := range []string{"", "viewer", "no id", "desk:desk"} {
		if _, err := viewer.Connect(t.Context(), id, peer.ConnectOptions{}); err == nil {
			t.Errorf("connected to %q", id)
		}
	}
	if _, err := viewer.Connect(t.Context(), peertest.HostID, peer.ConnectOptions{Metadata: map[string]any{"f": func() {}}}); err == nil {
		t.Error("a function is no metadata")
	}
}

func TestConnectAfterTheEnd(t *testing.T) {
	w := peertest.Exchange(t)
	p, err := peer.New(peer.Options{ID: "viewer", Signal: w.Dial("192.0.2.7")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-p.Ready(); cancel() }()
	if err := p.Run(ctx); err != nil {
		t.Error(err)
	}
	if _, err := p.Connect(patient(t), "desk", peer.ConnectOptions{}); err == nil {
		t.Error("Connect worked")
	}
	if err := p.JoinRoom(patient(t), "room", peer.JoinOptions{}); err == nil {
		t.Error("JoinRoom worked")
	}
}

// A connection that is made anew takes the place of the one before, at both
// ends, whatever that was doing.
func TestConnectAgain(t *testing.T) {
	w := peertest.New(t)
	viewer := w.Viewer("viewer")
	before := quiet(t, w, viewer)
	for range 5 {
		r := quiet(t, w, viewer)
		<-before.Done()
		before = r
	}
	next(t, mustVideo(t, create(t, before)))
	if n := len(viewer.Remotes()); n != 1 {
		t.Errorf("the viewer has %d remotes", n)
	}
}

// create asks for a stream and gets it.
func create(t *testing.T, r *peer.Remote) *peer.InboundStream {
	t.Helper()
	s, err := r.CreateStream(patient(t), peer.StreamOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mustVideo waits for the picture of a stream.
func mustVideo(t *testing.T, s *peer.InboundStream) *peer.InboundTrack {
	t.Helper()
	in, err := s.Video(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	return in
}
