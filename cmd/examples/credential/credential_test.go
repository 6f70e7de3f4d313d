package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/cmd/examples/examplestest"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

func TestMain(m *testing.M) { examplestest.Main(m, main) }

const (
	key    = "00000000-0000-0000-0000-00000000000a"
	secret = "a secret of tests"
)

func post(t *testing.T, at, id, session string) (status int, body string) {
	t.Helper()
	r, err := http.PostForm(at, url.Values{"peerId": {id}, "sessionToken": {session}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// opens tells what a SkyWay server says first to a peer with that credential.
func opens(t *testing.T, server, id, credential string) string {
	t.Helper()
	q := url.Values{"EIO": {"3"}, "transport": {"polling"}, "apiKey": {key}, "token": {"t"}, "peerId": {id}, "credential": {credential}}
	r, err := http.Get(server + "/socket.io/?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSessionsGetCredentialsThatOpen(t *testing.T) {
	s := skywayserver.New(skywayserver.Options{Keys: map[string]skywayserver.Key{key: {Secret: secret}}})
	web := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); web.Close() })
	p := examplestest.Start(t, []string{"CAUSEWAY_SKYWAY_SECRET=" + secret}, "--listen", "127.0.0.1:0")
	said := regexp.MustCompile(`(http\S+) .* session (\S+)`).FindStringSubmatch(p.Await("lets in the session"))
	at, session := said[1], said[2]
	status, body := post(t, at, "ann", session)
	var c struct{ PeerID string }
	if json.Unmarshal([]byte(body), &c) != nil || status != http.StatusOK || c.PeerID != "ann" {
		t.Fatalf("%d %s", status, body)
	}
	if got := opens(t, web.URL, "ann", body); !strings.Contains(got, `["OPEN",{"peerId":"ann"`) {
		t.Errorf("with the credential: %s", got)
	}
	if got := opens(t, web.URL, "bob", body); !strings.Contains(got, `"authentication"`) {
		t.Errorf("with ann's credential bob gets: %s", got)
	}
	for id, want := range map[string]int{"ann!": http.StatusBadRequest, "": http.StatusBadRequest} {
		if status, _ := post(t, at, id, session); status != want {
			t.Errorf("id %q: %d", id, status)
		}
	}
	if status, _ := post(t, at, "ann", "wrong"); status != http.StatusUnauthorized {
		t.Errorf("a wrong session: %d", status)
	}
}

func TestAServerWithoutASecretSaysWhatToDo(t *testing.T) {
	examplestest.Start(t, nil, "--listen", "127.0.0.1:0").Await("set CAUSEWAY_SKYWAY_SECRET")
}
