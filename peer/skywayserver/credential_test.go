package skywayserver

import (
	"encoding/json"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

func TestCredentials(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	// Computed with openssl dgst -sha256 -hmac s3cret -binary | base64.
	c := NewCredential(secret, "peer", now, time.Hour)
	if want := "B/Og2uqa7CgrQKWotqkaFRA+/hs8DcozzmVJnLfrofM="; c.AuthToken != want {
		t.Errorf("the token is %s, want %s", c.AuthToken, want)
	}
	const skew = 10 * time.Second
	for _, test := range []struct {
		what string
		c    Credential
		now  time.Time
		ok   bool
	}{
		{"good", c, now, true},
		{"of a clock that is a little fast", c, now.Add(-skew), true},
		{"of the future", c, now.Add(-skew - time.Second), false},
		{"in its last second", c, now.Add(time.Hour - time.Second), true},
		{"expired", c, now.Add(time.Hour), false},
		{"of the shortest time", NewCredential(secret, "peer", now, 600*time.Second), now, true},
		{"of too short a time", NewCredential(secret, "peer", now, 599*time.Second), now, false},
		{"of the longest time", NewCredential(secret, "peer", now, 90000*time.Second), now, true},
		{"of too long a time", NewCredential(secret, "peer", now, 90001*time.Second), now, false},
		{"of another peer", NewCredential(secret, "peer2", now, time.Hour), now, false},
		{"of another secret", NewCredential("secret", "peer", now, time.Hour), now, false},
		{"with another time", Credential{c.Timestamp + 1, c.TTL, c.AuthToken}, now, false},
		{"with another ttl", Credential{c.Timestamp, c.TTL + 1, c.AuthToken}, now, false},
		{"without a token", Credential{c.Timestamp, c.TTL, ""}, now, false},
	} {
		if err := test.c.check(secret, "peer", test.now, skew); (err == nil) != test.ok {
			t.Errorf("a credential %s: %v", test.what, err)
		}
	}
}

func TestCredentialsAreNeeded(t *testing.T) {
	_, base := start(t, Options{})
	now := time.Now()
	good := NewCredential(secret, "a", now, time.Hour)
	old := NewCredential(secret, "a", now.Add(-2*time.Hour), time.Hour)
	dial(t, base, query(secretKey, "a", "t", nil), nil).refused(Authentication)
	dial(t, base, query(secretKey, "", "t", &good), nil).refused(Authentication)
	dial(t, base, query(secretKey, "b", "t", &good), nil).refused(Authentication)
	dial(t, base, query(secretKey, "a", "t", &old), nil).refused(Authentication)
	dial(t, base, query(secretKey, "a", "t", nil)+"&credential=%7B", nil).refused(Authentication)
	dial(t, base, query(secretKey, "a", "t", &good), nil).expect("OPEN", `{"peerId":"a"}`)
	// As a stock client sends it after an update.
	b, _ := json.Marshal(NewCredential(secret, "b", now, time.Hour))
	dial(t, base, query(secretKey, "b", "t", nil)+"&credential="+url.QueryEscape(url.QueryEscape(string(b))), nil).expect("OPEN", "")
}

func TestCredentialsOfBrokenConnectionsAreGuarded(t *testing.T) {
	s, base := start(t, Options{})
	c := NewCredential(secret, "a", time.Now(), time.Hour)
	left := func() {
		t.Helper()
		eventually(t, "the peer is gone", func() bool { return s.Stats().Peers == 0 })
	}
	connect := func(token string) *client {
		t.Helper()
		x := dial(t, base, query(secretKey, "a", token, &c), nil)
		x.expect("OPEN", "")
		return x
	}
	_ = connect("one").conn.CloseNow()
	left()
	dial(t, base, query(secretKey, "a", "two", &c), nil).refused(Authentication)
	connect("one").write(1, "41") // who says goodbye needs no guard
	left()
	_ = connect("two").conn.CloseNow()
	left()
	fresh := NewCredential(secret, "a", time.Now().Add(-time.Second), time.Hour)
	dial(t, base, query(secretKey, "a", "three", &fresh), nil).expect("OPEN", "")
}

// fakeLink is a client within a bubble.
type fakeLink struct {
	said  []string
	shuts int
}

func (l *fakeLink) deliver(e *event, _ bool) {
	l.said = append(l.said, e.packet.Name+" "+string(e.packet.Arg))
}
func (l *fakeLink) shut() { l.shuts++ }

// heard returns what a client has been told since.
func (s *Server) heard(l *fakeLink) []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	said := l.said
	l.said = nil
	return said
}

func TestCredentialsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Keys: testKeys()})
		defer s.Close()
		admit := func(ttl time.Duration) (*member, *fakeLink) {
			t.Helper()
			l := &fakeLink{}
			b, _ := json.Marshal(NewCredential(secret, "a", time.Now(), ttl))
			m, err := s.admit(wish{key: secretKey, id: "a", token: "t", credential: string(b)}, l)
			if err != nil {
				t.Fatal(err)
			}
			return m, l
		}
		expect := func(l *fakeLink, want ...string) {
			t.Helper()
			got := s.heard(l)
			if len(got) != len(want) {
				t.Fatalf("told %q, want %q", got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("told %q, want %q", got[i], want[i])
				}
			}
		}
		m, l := admit(20 * time.Minute)
		expect(l, `OPEN {"peerId":"a"}`)
		time.Sleep(15 * time.Minute)
		expect(l, "AUTH_EXPIRES_IN 300")
		// A new one puts it off.
		b, _ := json.Marshal(NewCredential(secret, "a", time.Now(), 10*time.Minute))
		update := &rawEvent("UPDATE_CREDENTIAL", b, nil).packet
		s.act(m, update)
		time.Sleep(5*time.Minute - time.Second)
		expect(l)
		time.Sleep(time.Second)
		expect(l, "AUTH_EXPIRES_IN 300")
		time.Sleep(4 * time.Minute)
		expect(l, "AUTH_EXPIRES_IN 60")
		time.Sleep(time.Minute)
		expect(l, `ERROR {"type":"authentication","message":"the credential has expired"}`)
		if l.shuts != 1 || s.Stats().Peers != 0 {
			t.Errorf("closed %d times, %+v", l.shuts, s.Stats())
		}
		// What is no credential ends it as well.
		m, l = admit(20 * time.Minute)
		s.act(m, update)
		expect(l, `OPEN {"peerId":"a"}`, `ERROR {"type":"authentication","message":"the credential has expired"}`)
		if l.shuts != 1 {
			t.Errorf("closed %d times", l.shuts)
		}
		// Who comes with a late one is told at once.
		l = &fakeLink{}
		b, _ = json.Marshal(NewCredential(secret, "a", time.Now().Add(-598*time.Second), 600*time.Second))
		if _, err := s.admit(wish{key: secretKey, id: "a", token: "t", credential: string(b)}, l); err != nil {
			t.Fatal(err)
		}
		expect(l, `OPEN {"peerId":"a"}`, "AUTH_EXPIRES_IN 2")
		time.Sleep(2 * time.Second)
		expect(l, `ERROR {"type":"authentication","message":"the credential has expired"}`)
	})
}

func TestGuardForgets(t *testing.T) {
	g := guard{limit: 2, peers: map[peerID]departed{}}
	now := time.Unix(1_700_000_000, 0)
	c := Credential{1, 2, "c"}
	for _, id := range []string{"a", "b", "c", "d"} {
		g.put(peerID{"k", id}, departed{c, "t", now.Add(time.Minute)}, now)
	}
	if len(g.peers) != 2 {
		t.Errorf("%d peers are remembered", len(g.peers))
	}
	d := peerID{"k", "d"}
	if g.allows(d, c, "other", now) || !g.allows(d, c, "t", now) || !g.allows(d, Credential{3, 4, "x"}, "other", now) || !g.allows(d, c, "other", now.Add(time.Minute)) {
		t.Error("the guard lets in whom it should not, or the other way round")
	}
}

// FuzzParseCredential holds that a stranger's text never panics, and that
// none of it is a credential.
func FuzzParseCredential(f *testing.F) {
	for _, s := range []string{
		`{"timestamp":1700000000,"ttl":3600,"authToken":"AAAA"}`, "%7B%22ttl%22%3A1e400%7D", `{"timestamp":-9223372036854775808,"ttl":9223372036854775807}`,
		`null`, `%`, `%25`, `{"authToken":{}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseCredential(s)
		if err != nil {
			return
		}
		if err := c.check(secret, "peer", time.Unix(1_700_000_000, 0), time.Second); err == nil {
			t.Fatalf("%q is a credential", s)
		}
	})
}
