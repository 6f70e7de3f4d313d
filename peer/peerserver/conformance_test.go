package peerserver_test

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/peerserver"
	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
)

// transcript is what a server answered to a script, line by line.
type transcript struct {
	t     *testing.T
	base  string
	lines []string
}

func (s *transcript) note(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// fetch notes the answer to a request with an Origin, or without.
func (s *transcript) fetch(method, path, origin string) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.base+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	if method == http.MethodOptions {
		r.Header.Set("Access-Control-Request-Method", "GET")
		r.Header.Set("Access-Control-Request-Headers", "x-asked")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	h := resp.Header
	if resp.StatusCode == http.StatusNotFound {
		s.note("%s %s: 404", method, path) // the text is the framework's
		return
	}
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	s.note("%s %s from %q: %d %s %s, origin %q, methods %q, headers %q", method, path, origin, resp.StatusCode, kind,
		uuid.ReplaceAllString(string(body), "UUID"), h.Get("Access-Control-Allow-Origin"),
		h.Get("Access-Control-Allow-Methods"), h.Get("Access-Control-Allow-Headers"))
}

// connect opens a WebSocket and notes what comes first, if anything should.
func (s *transcript) connect(query string) *client {
	s.t.Helper()
	c := dial(s.t, s.base, query)
	s.receive(query, c)
	return c
}

// receive notes the next message, or that the connection is closed.
func (s *transcript) receive(who string, c *client) {
	s.t.Helper()
	text, err := c.receive()
	if err != nil {
		text = "closed"
	}
	s.note("%s: %s", who, text)
}

// script is run against both servers: a base path, discovery, messages that
// expire after 300 ms.
func script(t *testing.T, base string) []string {
	s := &transcript{t: t, base: base}
	for _, path := range []string{"", "/", "/peerjs/id", "/peerjs/id?ts=1234&version=1.5.5", "/other/id", "/peerjs/id/", "/peerjs/peers", "/peerjs", "/peerjs/", "/peerjs/nothing", "/nothing"} {
		s.fetch(http.MethodGet, path, "")
	}
	s.fetch(http.MethodGet, "/peerjs/id", "https://page.example")
	s.fetch(http.MethodHead, "/peerjs/id", "")
	s.fetch(http.MethodPost, "/peerjs/id", "")
	s.fetch(http.MethodOptions, "/peerjs/id", "https://page.example")
	for _, query := range []string{"", "key=peerjs", "key=peerjs&id=a", "id=a&token=b", "key=peerjs&id=&token=b"} {
		s.receive("then", s.connect(query))
	}
	if _, resp, err := tryDial(t, base+"/elsewhere", "key=peerjs&id=a&token=b", nil); err != nil && resp != nil {
		s.note("elsewhere: %d", resp.StatusCode)
	}
	s.messages()
	s.absence()
	return s.lines
}

// messages has two peers talk to each other.
func (s *transcript) messages() {
	s.t.Helper()
	a, b := s.connect("key=peerjs&id=a&token=ta&version=1.5.5"), s.connect("key=peerjs&id=b&token=tb")
	s.fetch(http.MethodGet, "/peerjs/peers", "")
	for _, text := range []string{
		`{"type":"OFFER","dst":"b","payload":{"sdp":{"type":"offer","sdp":"v=0"},"type":"data","connectionId":"dc_1","n":1.5,"none":null}}`,
		`{"type":"ANSWER","src":"forged","dst":"b","payload":"text"}`, `{"type":"CANDIDATE","dst":"b","payload":[1,"é",{}]}`,
		`{"type":"LEAVE","dst":"b"}`, `{"type":"EXPIRE","dst":"b","payload":false}`, `{"type":"OFFER","dst":"b","more":1}`,
	} {
		a.send(text)
		s.receive("b", b)
	}
	for _, ignored := range []string{
		`{"type":"HEARTBEAT"}`, `{"type":"HEARTBEAT","dst":"b"}`, `{"type":"OPEN","dst":"b"}`, `{"type":"ERROR","dst":"b"}`, `{"type":"x","dst":"b"}`,
		`{"dst":"b"}`, `{"type":"OFFER"}`, `{"type":"OFFER","dst":""}`, `[]`, `{"type":"LEAVE","dst":"absent"}`, `{"type":"EXPIRE","dst":"absent"}`,
	} {
		a.send(ignored)
	}
	a.send(`{"type":"OFFER","dst":"a"}`)
	s.receive("a", a)
	b.send(`{"type":"ANSWER","dst":"a"}`)
	s.receive("a", a)
	s.receive("then", s.connect("key=peerjs&id=a&token=other"))
	s.receive("then", s.connect("key=peerjs&id=third&token=t&id=a&token=other")) // the last ones count
	_ = a.conn.CloseNow()
	eventually(s.t, "a is gone", func() bool {
		_, ids := get(s.t, s.base+"/peerjs/peers")
		return ids == `["b"]`
	})
	s.connect("key=peerjs&id=a&token=new")
}

// absence has messages wait: for a peer that comes, and for one that does not.
func (s *transcript) absence() {
	s.t.Helper()
	c := s.connect("key=peerjs&id=c&token=t")
	for i := range 3 {
		c.send(fmt.Sprintf(`{"type":"CANDIDATE","dst":"late","payload":%d}`, i))
	}
	c.send(`{"type":"LEAVE","dst":"late"}`)
	c.send(`{"type":"OFFER","dst":"c"}`)
	s.receive("c", c)
	late := s.connect("key=peerjs&id=late&token=t")
	for range 3 {
		s.receive("late", late)
	}
	for range 3 {
		c.send(`{"type":"OFFER","dst":"never"}`)
	}
	s.receive("c", c) // one EXPIRE for all of them
	c.send(`{"type":"OFFER","dst":"c","payload":"last"}`)
	s.receive("c", c)
}

func TestConformance(t *testing.T) {
	stock := peerservertest.Start(t, "--path=/my/app", "--allow_discovery", "--expire_timeout=900")
	_, ours := start(t, peerserver.Options{Path: "/my/app", AllowDiscovery: true, ExpireTimeout: 900 * time.Millisecond})
	want, got := script(t, stock.URL+"/my/app"), script(t, ours+"/my/app")
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got) || i >= len(want):
			t.Fatalf("the stock server's transcript has %d lines, ours %d", len(want), len(got))
		case want[i] != got[i]:
			t.Errorf("stock %s\nours  %s", want[i], got[i])
		}
	}
}

// Where we differ on purpose, the original still does what we think it does.
func TestDeviations(t *testing.T) {
	stock := peerservertest.Start(t, "--concurrent_limit=2")
	_, ours := start(t, peerserver.Options{ConcurrentLimit: 2})
	const full = `{"type":"ERROR","payload":{"msg":"Server has reached its concurrent user limit"}}`
	for _, test := range []struct {
		base, wrongKey, again string
	}{
		{stock.URL, "ERROR", `{"type":"OFFER","src":"b","dst":"a"}`},
		{ours, "INVALID-KEY", `{"type":"OPEN"}`},
	} {
		dial(t, test.base, "key=wrong&id=a&token=t").expect(`{"type":"` + test.wrongKey + `","payload":{"msg":"Invalid key provided"}}`)
		join(t, test.base, "a")
		b := join(t, test.base, "b")
		dial(t, test.base, "key=peerjs&id=c&token=t").expect(full)
		again := dial(t, test.base, "key=peerjs&id=a&token=token-of-a")
		// The stock server swaps the socket without a word.
		if test.base == stock.URL {
			again.send(`{"type":"OFFER","dst":"a"}`)
			again.expect(strings.Replace(test.again, `"b"`, `"a"`, 1))
			b.send(`{"type":"OFFER","dst":"a"}`)
		}
		again.expect(test.again)
	}
}
