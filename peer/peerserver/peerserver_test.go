package peerserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/internal/leaktest"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// patience is for a machine that does other things.
const patience = 30 * time.Second

// start serves a server and returns the URL of its listener.
func start(t *testing.T, o peerserver.Options) (*peerserver.Server, string) {
	t.Helper()
	s := peerserver.New(o)
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		_ = s.Close()
		server.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return s, server.URL
}

// client is a WebSocket without any logic.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

// dial connects to the server at base with a query.
func dial(t *testing.T, base, query string) *client {
	t.Helper()
	c, _, err := tryDial(t, base, query, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tryDial(t *testing.T, base, query string, header http.Header) (*client, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	address := "ws" + strings.TrimPrefix(base, "http") + "/peerjs?" + query
	conn, resp, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		return nil, resp, err
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t, conn}, resp, nil
}

// join connects as id and waits for OPEN.
func join(t *testing.T, base, id string) *client {
	t.Helper()
	c := dial(t, base, "key=peerjs&token=token-of-"+url.QueryEscape(id)+"&id="+url.QueryEscape(id))
	c.expect(`{"type":"OPEN"}`)
	return c
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

// receive returns the next message, or what the connection ended with.
func (c *client) receive() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, b, err := c.conn.Read(ctx)
	return string(b), err
}

func (c *client) expect(want string) {
	c.t.Helper()
	if got, err := c.receive(); err != nil || got != want {
		c.t.Fatalf("received %s, %v; want %s", got, err, want)
	}
}

// expectClosed waits for the end of the connection.
func (c *client) expectClosed() {
	c.t.Helper()
	got, err := c.receive()
	if err == nil || errors.Is(err, context.DeadlineExceeded) {
		c.t.Fatalf("received %q, %v; want the connection closed", got, err)
	}
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// eventually waits until what becomes true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestHTTP(t *testing.T) {
	s, base := start(t, peerserver.Options{Path: "my/app", AllowDiscovery: true, Key: "k"})
	if _, err := s.Dial("somebody", "token"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path   string
		status int
		body   string
	}{
		{"/my/app", 200, "PeerJS Server"},
		{"/my/app/", 200, "PeerJS Server"},
		{"/my/app/k/id", 200, "-4"},
		{"/my/app/other/id?ts=1", 200, "-4"},
		{"/my/app/k/peers", 200, `["somebody"]`},
		{"/my/app/other/peers", 401, "Unauthorized"},
		{"/my/app/k/nothing", 404, ""},
		{"/my/app/peerjs", 404, ""},
		{"/my/app/k/id/more", 404, ""},
		{"/my", 404, ""},
		{"/", 404, ""},
	} {
		if status, body := get(t, base+test.path); status != test.status || !strings.Contains(body, test.body) {
			t.Errorf("%s: %d %q, want %d %q", test.path, status, body, test.status, test.body)
		}
	}
	_, closed := start(t, peerserver.Options{})
	if status, body := get(t, closed+"/peerjs/peers"); status != 401 || body != "Unauthorized" {
		t.Errorf("without discovery: %d %q", status, body)
	}
}

func TestGeneratedIDs(t *testing.T) {
	ids := []string{"a", "a", "b"}
	s, base := start(t, peerserver.Options{GenerateClientID: func() string {
		id := ids[0]
		ids = ids[min(1, len(ids)-1):]
		return id
	}})
	for _, want := range []string{"a", "b"} {
		if c, err := s.Dial("", "t"); err != nil || c.ID() != want {
			t.Fatalf("%+v, %v; want %s", c, err, want)
		}
	}
	if status, _ := get(t, base+"/peerjs/id"); status != 503 {
		t.Errorf("a generator without a free id: %d", status)
	}
}

func TestOrigins(t *testing.T) {
	_, all := start(t, peerserver.Options{})
	_, some := start(t, peerserver.Options{Origins: []string{"https://a.example"}})
	for _, test := range []struct {
		base, origin string
		want         bool
	}{
		{all, "https://b.example", true},
		{some, "https://a.example", true},
		{some, "https://b.example", false},
		{some, "null", false},
	} {
		r, err := http.NewRequest(http.MethodOptions, test.base+"/peerjs/id", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", test.origin)
		r.Header.Set("Access-Control-Request-Headers", "x-a")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		h := resp.Header
		if ok := h.Get("Access-Control-Allow-Origin") == test.origin; ok != test.want || resp.StatusCode != 204 || h.Get("Access-Control-Allow-Headers") != "x-a" {
			t.Errorf("%s: %d %v", test.origin, resp.StatusCode, h)
		}
		_, resp, err = tryDial(t, test.base, "key=peerjs&token=t&id=i"+url.QueryEscape(test.origin), r.Header)
		if (err == nil) != test.want || err != nil && resp.StatusCode != http.StatusForbidden {
			t.Errorf("a WebSocket from %s: %v", test.origin, err)
		}
	}
	join(t, some, "no-page")
}

func TestRefusals(t *testing.T) {
	_, base := start(t, peerserver.Options{ConcurrentLimit: 2})
	first := join(t, base, "taken")
	long := strings.Repeat("x", 300)
	refused := func(query, want string) {
		t.Helper()
		c := dial(t, base, query)
		c.expect(want)
		c.expectClosed()
	}
	const missing = `{"type":"ERROR","payload":{"msg":"No id, token, or key supplied to websocket server"}}`
	const invalid = `{"type":"ERROR","payload":{"msg":"The id or token is too long or not text"}}`
	refused("", missing)
	refused("key=peerjs&id=a", missing)
	refused("key=peerjs&token=a", missing)
	refused("id=a&token=b", missing)
	refused("key=peerjs&token=b&id=%ff", invalid)
	refused("key=peerjs&token=b&id="+long, invalid)
	refused("key=peerjs&id=b&token="+long, invalid)
	refused("key=wrong&id=a&token=b", `{"type":"INVALID-KEY","payload":{"msg":"Invalid key provided"}}`)
	refused("key=peerjs&id=taken&token=b", `{"type":"ID-TAKEN","payload":{"msg":"ID is taken"}}`)
	join(t, base, "second")
	refused("key=peerjs&id=third&token=b", `{"type":"ERROR","payload":{"msg":"Server has reached its concurrent user limit"}}`)
	// Nobody's refusal has touched the first.
	first.send(`{"type":"OFFER","dst":"taken","payload":1}`)
	first.expect(`{"type":"OFFER","src":"taken","dst":"taken","payload":1}`)
}

func TestMessagesAreRelayed(t *testing.T) {
	s, base := start(t, peerserver.Options{})
	a, b := join(t, base, "a"), join(t, base, "b")
	for _, kind := range []string{"OFFER", "ANSWER", "CANDIDATE", "LEAVE", "EXPIRE"} {
		a.send(`{"type":"` + kind + `","dst":"b","src":"forged","payload":{"x": ["ü", null]},"more":1}`)
		b.expect(`{"type":"` + kind + `","src":"a","dst":"b","payload":{"x": ["ü", null]}}`)
	}
	for _, ignored := range []string{
		`{"type":"OPEN","dst":"b"}`, `{"type":"ID-TAKEN","dst":"b"}`, `{"type":"other","dst":"b"}`, `{"dst":"b"}`, `{"type":1,"dst":"b"}`,
		`{"type":"OFFER","dst":7}`, `{"type":"OFFER"}`, `{"type":"OFFER","dst":null}`, `null`, `[]`, `7`, `{`, ``, `"OFFER"`, "\xff",
		`{"type":"HEARTBEAT"}`, `{"type":"OFFER","dst":"b","payload":"` + "\xff" + `"}`, `{"type":"LEAVE","dst":"nobody"}`,
	} {
		a.send(ignored)
	}
	a.send(`{"type":"CANDIDATE","dst":"b"}`)
	b.expect(`{"type":"CANDIDATE","src":"a","dst":"b"}`)
	if st := s.Stats(); st.Messages != 0 || st.Peers != 2 {
		t.Errorf("%+v", st)
	}
}

func TestMessagesWaitForTheirReceiver(t *testing.T) {
	s, base := start(t, peerserver.Options{ExpireTimeout: time.Hour})
	a := join(t, base, "a")
	a.send(`{"type":"OFFER","dst":"b","payload":1}`)
	a.send(`{"type":"CANDIDATE","dst":"b","payload":2}`)
	eventually(t, "two messages wait", func() bool { return s.Stats().Messages == 2 })
	b := join(t, base, "b")
	b.expect(`{"type":"OFFER","src":"a","dst":"b","payload":1}`)
	b.expect(`{"type":"CANDIDATE","src":"a","dst":"b","payload":2}`)
	if st := s.Stats(); st.Messages != 0 || st.Bytes != 0 {
		t.Errorf("%+v", st)
	}
}

func TestReconnectWithToken(t *testing.T) {
	s, base := start(t, peerserver.Options{})
	a, first := join(t, base, "a"), join(t, base, "b")
	again := join(t, base, "b") // the same token
	first.expectClosed()
	a.send(`{"type":"OFFER","dst":"b"}`)
	again.expect(`{"type":"OFFER","src":"a","dst":"b"}`)
	if st := s.Stats(); st.Peers != 2 {
		t.Errorf("%+v", st)
	}
	_ = again.conn.Close(websocket.StatusNormalClosure, "")
	eventually(t, "b is gone", func() bool { return s.Stats().Peers == 1 })
	join(t, base, "b")
}

func TestLeaveGivesUpTheID(t *testing.T) {
	var events []string
	gone := make(chan string, 8)
	s, base := start(t, peerserver.Options{
		OnConnect: func(id string) { gone <- "+" + id }, OnDisconnect: func(id string) { gone <- "-" + id },
	})
	a := join(t, base, "a")
	a.send(`{"type":"LEAVE"}`)
	a.expectClosed()
	for range 2 {
		events = append(events, <-gone)
	}
	if strings.Join(events, "") != "+a-a" || s.Stats().Peers != 0 {
		t.Errorf("%v, %+v", events, s.Stats())
	}
}

func TestLocalConn(t *testing.T) {
	s, base := start(t, peerserver.Options{})
	host, err := s.Dial("host", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Dial("host", "other"); !errors.Is(err, peerserver.ErrIDTaken) {
		t.Errorf("a taken id: %v", err)
	}
	if _, err := s.Dial("x", ""); !errors.Is(err, peerserver.ErrInvalid) {
		t.Errorf("no token: %v", err)
	}
	page := join(t, base, "page")
	page.send(`{"type":"OFFER","dst":"host","payload":{"sdp":"v=0"}}`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if m, err := host.Receive(ctx); err != nil || m.Src != "page" || m.Type != peerserver.Offer || string(m.Payload) != `{"sdp":"v=0"}` {
		t.Errorf("%+v, %v", m, err)
	}
	for _, m := range []peerserver.Message{
		{Type: peerserver.Open, Dst: "page"}, {Type: "x"}, {Type: peerserver.Answer, Dst: "page", Payload: json.RawMessage("{")},
	} {
		if err := host.Send(m); err == nil {
			t.Errorf("%+v was sent", m)
		}
	}
	if err := host.Send(peerserver.Message{Type: peerserver.Answer, Src: "forged", Dst: "page", Payload: json.RawMessage("7")}); err != nil {
		t.Fatal(err)
	}
	page.expect(`{"type":"ANSWER","src":"host","dst":"page","payload":7}`)
	second, err := s.Dial("host", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := host.Receive(ctx); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after another took over: %v", err)
	}
	if err := errors.Join(host.Close(), second.Close(), second.Close()); err != nil || s.Stats().Peers != 1 {
		t.Errorf("%v, %+v", err, s.Stats())
	}
}

func TestCloseEndsEverything(t *testing.T) {
	s, base := start(t, peerserver.Options{})
	host, err := s.Dial("host", "t")
	if err != nil {
		t.Fatal(err)
	}
	a := join(t, base, "a")
	a.send(`{"type":"OFFER","dst":"absent"}`)
	eventually(t, "a message waits", func() bool { return s.Stats().Messages == 1 })
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	a.expectClosed()
	if _, err := host.Receive(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the host's Receive: %v", err)
	}
	if _, err := s.Dial("b", "t"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Dial: %v", err)
	}
	if _, resp, err := tryDial(t, base, "key=peerjs&id=b&token=t", nil); err == nil || resp.StatusCode != 503 {
		t.Errorf("a WebSocket: %v", err)
	}
}
