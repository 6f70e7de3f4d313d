package skyway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

func TestOptionsAreChecked(t *testing.T) {
	for what, test := range map[string]struct {
		id   string
		o    Options
		want ErrorType
	}{
		"no key":      {"", Options{URL: "http://x"}, InvalidKey},
		"a wrong key": {"", Options{URL: "http://x", Key: "0000"}, InvalidKey},
		"a wrong id":  {"a b  c", Options{URL: "http://x", Key: openKey}, InvalidID},
		"no server":   {"", Options{Key: openKey}, ""},
		"no URL":      {"", Options{Key: openKey, URL: "x:80"}, ""},
		"a socket":    {"", Options{Key: openKey, URL: "ws://x"}, ""},
	} {
		_, err := New(test.id, test.o)
		if err == nil || test.want != "" && !IsType(err, test.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for id, ok := range map[string]bool{"a": true, "a-b_c d": true, "_": true, "": false, " a": false, "a/b": false, "ä": false, strings.Repeat("a", 300): false} {
		if ValidID(id) != ok {
			t.Errorf("%q: %v", id, !ok)
		}
	}
}

// counter counts lines by their level.
type counter struct {
	slog.Handler
	lines *[]slog.Level
}

func (c counter) Enabled(context.Context, slog.Level) bool { return true }
func (c counter) Handle(_ context.Context, r slog.Record) error {
	*c.lines = append(*c.lines, r.Level)
	return nil
}
func (c counter) WithAttrs([]slog.Attr) slog.Handler { return c }

func TestDebugSaysHowMuchIsLogged(t *testing.T) {
	for debug, want := range map[int]int{0: 4, 1: 1, 2: 2, 3: 4} {
		var lines []slog.Level
		o, err := Options{Key: openKey, URL: "http://x", Debug: debug, Log: slog.New(counter{slog.DiscardHandler, &lines})}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		log := o.Log.With("a", 1)
		for _, level := range []slog.Level{slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelDebug} {
			log.Log(t.Context(), level, "x")
		}
		if len(lines) != want {
			t.Errorf("%d: %v", debug, lines)
		}
	}
}

func TestServersRefusePeers(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	url := listen(t, s)
	runOpen(t, "taken", Options{Server: s})
	good := skywayserver.NewCredential(secret, "x", time.Now(), time.Hour)
	for what, test := range map[string]struct {
		id   string
		o    Options
		want ErrorType
	}{
		"taken, here":      {"taken", Options{Server: s, Key: openKey}, InvalidID},
		"taken":            {"taken", Options{URL: url, Key: openKey}, InvalidID},
		"unknown":          {"x", Options{URL: url, Key: strings.Replace(openKey, "0", "9", 1)}, InvalidKey},
		"no credential":    {"x", Options{URL: url, Key: secretKey}, Authentication},
		"another's":        {"y", Options{URL: url, Key: secretKey, Credential: &good}, Authentication},
		"a wrong password": {"x", Options{URL: url, Key: secretKey, Credential: &Credential{Timestamp: good.Timestamp, TTL: good.TTL}}, Authentication},
	} {
		p, err := New(test.id, test.o)
		if err != nil {
			t.Fatal(err)
		}
		failed := collect[Failed](p)
		if err := p.Run(soon(t)); !IsType(err, test.want) {
			t.Errorf("%s: %v", what, err)
		}
		if e := next(t, failed); e.Err.Type != test.want || len(failed) != 0 {
			t.Errorf("%s: %v, and %d more", what, e.Err, len(failed))
		}
	}
}

func TestCredentialsAreRenewed(t *testing.T) {
	s := newServer(t, skywayserver.Options{ExpiryNotices: []time.Duration{2 * time.Hour}})
	now := time.Now()
	old := skywayserver.NewCredential(secret, "x", now, time.Hour)
	p := run(t, "x", Options{URL: listen(t, s), Key: secretKey, Credential: &old})
	expires := collect[ExpiresIn](p)
	if e := next(t, expires); e.Left > time.Hour || e.Left < time.Hour/2 {
		t.Errorf("the credential ends in %v", e.Left)
	}
	if err := p.WaitOpen(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := p.UpdateCredential(skywayserver.NewCredential(secret, "x", now, 90*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if e := next(t, expires); e.Left < time.Hour {
		t.Errorf("the new credential ends in %v", e.Left)
	}
	// One that is wrong disconnects, and a good one brings it back.
	failed, left := collect[Failed](p), collect[Left](p)
	if err := p.UpdateCredential(Credential{}); err != nil {
		t.Fatal(err)
	}
	if e := next(t, failed); e.Err.Type != Authentication {
		t.Error(e.Err)
	}
	next(t, left)
	if err := p.UpdateCredential(skywayserver.NewCredential(secret, "x", now, 91*time.Minute)); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if err := p.WaitOpen(soon(t)); err != nil {
		t.Fatal(err)
	}
}

func TestPeersAreListed(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	url := listen(t, s)
	for name, o := range map[string]Options{"here": {Server: s}, "there": {URL: url}} {
		p := runOpen(t, name, o)
		ids, err := p.ListAllPeers(soon(t))
		if err != nil || !slices.Contains(ids, name) {
			t.Errorf("%s: %q, %v", name, ids, err)
		}
		there, err := p.FetchPeerExists(soon(t), name)
		if err != nil || !there {
			t.Errorf("%s: %v, %v", name, there, err)
		}
		if _, err := p.FetchPeerExists(soon(t), "nobody"); err == nil {
			t.Errorf("%s: peers are looked up too often", name)
		}
	}
	p := runOpen(t, "bare", Options{URL: url, Key: bareKey})
	failed := collect[Failed](p)
	if _, err := p.ListAllPeers(soon(t)); !IsType(err, ListError) || next(t, failed).Err.Type != ListError {
		t.Error(err)
	}
}

func TestPeersComeBack(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	p := runOpen(t, "a", Options{Server: s})
	opened, left, closed := collect[Opened](p), collect[Left](p), collect[RoomOpened](p)
	if _, err := p.JoinRoom(soon(t), "r", RoomOptions{}); err != nil {
		t.Fatal(err)
	}
	next(t, closed)
	p.Disconnect()
	if e := next(t, left); e.ID != "a" || p.Open() {
		t.Error("it has not left")
	}
	if _, err := p.Connect(soon(t), "b", ConnectOptions{}); !IsType(err, Disconnected) {
		t.Error(err)
	}
	eventually(t, "the server has forgotten it", func() bool { return s.Stats().Peers == 0 })
	if err := p.Reconnect(); err != nil {
		t.Fatal(err)
	}
	if e := next(t, opened); e.ID != "a" {
		t.Errorf("it is %q", e.ID)
	}
	next(t, closed) // and is in its room again
}

func TestServersThatAreNotThereAreTriedAgain(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	closed := make(chan struct{}, 2)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case closed <- struct{}{}:
			http.Error(w, "not yet", http.StatusBadGateway)
		default:
			s.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		_ = s.Close()
		h.Close()
	})
	p := run(t, "", Options{URL: h.URL + "/"})
	failed := collect[Failed](p)
	if e := next(t, failed); e.Err.Type != SocketError {
		t.Error(e.Err)
	}
	if err := p.WaitOpen(soon(t)); err != nil {
		t.Fatal(err)
	}
	if p.ID() == "" {
		t.Error("it has no id")
	}
}

func TestRoomsAreRefused(t *testing.T) {
	s := newServer(t, skywayserver.Options{})
	p := runOpen(t, "a", Options{Server: s})
	other := runOpen(t, "b", Options{URL: listen(t, s)})
	if _, err := other.JoinRoom(soon(t), "mesh", RoomOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]RoomOptions{"": {}, "sfu": {Mode: SFU}, "mesh": {Mode: SFU}, "x": {Mode: "other"}, strings.Repeat("x", 300): {}} {
		if _, err := p.JoinRoom(soon(t), name, o); !IsType(err, RoomError) {
			t.Errorf("%.20q: %v", name, err)
		}
	}
	if n := len(p.Rooms()); n != 0 {
		t.Errorf("%d rooms are left", n)
	}
	r, err := p.JoinRoom(soon(t), "mesh", RoomOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.JoinRoom(soon(t), "mesh", RoomOptions{}); again != r || err != nil {
		t.Error("a room is joined twice", err)
	}
	if _, err := p.JoinRoom(soon(t), "mesh", RoomOptions{Mode: SFU}); !IsType(err, RoomError) {
		t.Error(err)
	}
	if err := r.Send(soon(t), make([]byte, maxRoomData+1)); !IsType(err, MessageTooBig) {
		t.Error(err)
	}
	if err := r.Send(soon(t), make(chan int)); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	start := time.Now()
	for range 3 {
		if err := r.Send(soon(t), 1); err != nil {
			t.Fatal(err)
		}
	}
	if time.Since(start) < 2*sendEvery {
		t.Error("a room is sent to too often")
	}
}
