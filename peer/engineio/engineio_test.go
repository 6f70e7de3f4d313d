package engineio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience is for a machine that does other things.
const patience = 30 * time.Second

// echo sends back what it is sent, and tells how its session ended.
type echo struct {
	session *Session
	closed  chan error
}

func (e echo) Message(m Message) { _ = e.session.Send(NewParcel(m)) }
func (e echo) Closed(err error)  { e.closed <- err }

// rig is a server of echoes.
type rig struct {
	t      *testing.T
	server *Server
	url    string
	client *http.Client
	closed chan error // how sessions ended
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{t: t, closed: make(chan error, 100)}
	o.Accept = func(s *Session, _ *http.Request) Handler {
		_ = s.Send(NewParcel(Message{Data: []byte("hello")}))
		return echo{s, r.closed}
	}
	r.server = New(o)
	web := httptest.NewServer(r.server)
	r.url, r.client = web.URL+"/?EIO=3", &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10}}
	t.Cleanup(func() {
		_ = r.server.Close()
		r.client.CloseIdleConnections()
		web.Close()
	})
	return r
}

// do sends a request and returns status and body.
func (r *rig) do(method, url, contentType, body string) (int, string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// expect is do with what must be answered.
func (r *rig) expect(method, url, contentType, body string, status int, answer string) {
	r.t.Helper()
	if code, got := r.do(method, url, contentType, body); code != status || !strings.Contains(got, answer) {
		r.t.Errorf("%s %.80q was answered by %d %.200q, want %d %.200q", method, body, code, got, status, answer)
	}
}

var sidForm = regexp.MustCompile(`^\d+:0\{.*"sid":"([^"]+)".*\}6:4hello$`)

// open opens a session by polling and returns its URL without transport.
func (r *rig) open(more string) string {
	r.t.Helper()
	_, answer := r.do("GET", r.url+"&transport=polling"+more, "", "")
	m := sidForm.FindStringSubmatch(answer)
	if m == nil {
		r.t.Fatalf("opened by %q", answer)
	}
	return r.url + more + "&sid=" + m[1]
}

func (r *rig) dial(url string) *websocket.Conn {
	r.t.Helper()
	conn, _, err := websocket.Dial(r.t.Context(), strings.Replace(url, "http", "ws", 1)+"&transport=websocket", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

// say sends text and returns the answer.
func say(t *testing.T, conn *websocket.Conn, typ websocket.MessageType, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := conn.Write(ctx, typ, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return hear(t, conn)
}

func hear(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, b, err := conn.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// ended waits for the end of a session.
func (r *rig) ended(want error) {
	r.t.Helper()
	select {
	case err := <-r.closed:
		if !errors.Is(err, want) {
			r.t.Errorf("the session ended by %v, want %v", err, want)
		}
	case <-time.After(patience):
		r.t.Fatal("the session does not end")
	}
}

const (
	text   = "text/plain;charset=UTF-8"
	octets = "application/octet-stream"
)

func TestPolling(t *testing.T) {
	r := newRig(t, Options{})
	url := r.open("") + "&transport=polling"
	r.expect("POST", url, text, "2:4a3:4é𝄞6:2probe", 400, "") // 𝄞 is two units
	r.ended(errSyntax)
	url = r.open("") + "&transport=polling"
	r.expect("POST", url, text, "2:4a4:4é𝄞6:2probe", 200, "ok")
	r.expect("GET", url, "", "", 200, "2:4a4:4é𝄞6:3probe")
	r.expect("POST", url, octets, "\x01\x03\xff\x04\x00\xff\x00\x03\xff4é", 200, "ok")
	r.expect("GET", url, "", "", 200, "\x01\x03\xff\x04\x00\xff\x00\x03\xff4é")
	r.expect("POST", url, text, "4:b4AA", 400, "")
	r.ended(errSyntax)
	url = r.open("&b64=1") + "&transport=polling"
	r.expect("POST", url, text, "6:b4AP8=", 200, "ok")
	r.expect("GET", url, "", "", 200, "6:b4AP8=")
	r.expect("POST", url, text, "1:1", 200, "ok")
	r.ended(ErrByClient)
	r.expect("GET", url, "", "", 400, "Session ID unknown")
}

func TestUpgrade(t *testing.T) {
	r := newRig(t, Options{})
	url := r.open("")
	conn := r.dial(url)
	polled := make(chan string)
	go func() {
		_, body := r.do("GET", url+"&transport=polling", "", "")
		polled <- body
	}()
	if got := say(t, conn, websocket.MessageText, "2probe"); got != "3probe" {
		t.Fatalf("the probe was answered by %q", got)
	}
	select {
	case got := <-polled:
		if got != "1:6" {
			t.Errorf("the last poll was answered by %q", got)
		}
	case <-time.After(patience):
		t.Fatal("the last poll is not answered")
	}
	r.expect("POST", url+"&transport=polling", text, "2:4a", 200, "ok") // it waits for the WebSocket
	if got := say(t, conn, websocket.MessageText, "5"); got != "4a" {
		t.Errorf("what waited came as %q", got)
	}
	if got := say(t, conn, websocket.MessageBinary, "\x04\x00\xff"); got != "\x04\x00\xff" {
		t.Errorf("bytes came back as %q", got)
	}
	if got := say(t, conn, websocket.MessageText, "2"); got != "3" {
		t.Errorf("a ping was answered by %q", got)
	}
	r.expect("GET", url+"&transport=polling", "", "", 400, "")
	_ = conn.Close(websocket.StatusGoingAway, "")
	r.ended(ErrByClient)
}

func TestWebSocketAlone(t *testing.T) {
	r := newRig(t, Options{})
	conn := r.dial(r.url)
	if got := hear(t, conn); !strings.Contains(got, `"upgrades":[]`) {
		t.Errorf("opened by %q", got)
	}
	if got := hear(t, conn) + say(t, conn, websocket.MessageText, "4é"); got != "4hello4é" {
		t.Errorf("received %q", got)
	}
	_ = conn.Write(t.Context(), websocket.MessageText, []byte("7"))
	r.ended(errSyntax)
}

func TestFailedUpgradesLeaveTheSession(t *testing.T) {
	r := newRig(t, Options{})
	url := r.open("")
	for _, first := range []string{"2probf", "4hello", "5", "x"} {
		conn := r.dial(url)
		_ = conn.Write(t.Context(), websocket.MessageText, []byte(first))
		if _, b, err := conn.Read(t.Context()); err == nil {
			t.Errorf("%q was answered by %q", first, b)
		}
		for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			x := r.server.find(url[strings.LastIndex(url, "=")+1:])
			x.mu.Lock()
			probed := x.probed
			x.mu.Unlock()
			if !probed {
				break
			}
			if time.Since(start) > patience {
				t.Fatal("the failed upgrade is not forgotten")
			}
		}
	}
	r.expect("POST", url+"&transport=polling", text, "2:4a", 200, "ok")
	r.expect("GET", url+"&transport=polling", "", "", 200, "2:4a")
}

func TestPagesOfOtherOrigins(t *testing.T) {
	r := newRig(t, Options{Origins: []string{"https://good.example"}})
	for origin, status := range map[string]int{"https://good.example": 200, "https://bad.example": 403} {
		for _, method := range []string{"GET", "OPTIONS"} {
			req, _ := http.NewRequestWithContext(t.Context(), method, r.url+"&transport=polling", nil)
			req.Header.Set("Origin", origin)
			req.Header.Set("Access-Control-Request-Headers", "content-type")
			resp, err := r.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			allowed := resp.Header.Get("Access-Control-Allow-Origin") == origin && resp.Header.Get("Access-Control-Allow-Credentials") == "true"
			if method == "OPTIONS" && status == 200 {
				allowed = allowed && resp.StatusCode == 204 && resp.Header.Get("Access-Control-Allow-Headers") == "content-type"
			} else if resp.StatusCode != status {
				t.Errorf("%s from %s: %s", method, origin, resp.Status)
			}
			if allowed != (status == 200) {
				t.Errorf("%s from %s: %v", method, origin, resp.Header)
			}
		}
	}
}

func TestServerSaysGoodbye(t *testing.T) {
	r := newRig(t, Options{NoUpgrade: true})
	url, conn := r.open("")+"&transport=polling", r.dial(r.url)
	polled := make(chan string)
	go func() {
		_, body := r.do("GET", url, "", "")
		polled <- body
	}()
	eventually(t, "the poll waits", func() bool {
		x := r.server.find(regexp.MustCompile(`sid=([^&]+)`).FindStringSubmatch(url)[1])
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.polled
	})
	closed := make(chan websocket.StatusCode)
	go func() {
		for {
			if _, _, err := conn.Read(context.Background()); err != nil {
				closed <- websocket.CloseStatus(err)
				return
			}
		}
	}()
	_ = r.server.Close()
	if got := <-polled; got != "1:1" {
		t.Errorf("the poll was answered by %q", got)
	}
	if got := <-closed; got != websocket.StatusGoingAway {
		t.Errorf("the WebSocket was closed by %v", got)
	}
	r.ended(ErrByServer)
	r.ended(ErrByServer)
	r.expect("GET", r.url+"&transport=polling", "", "", 503, "")
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatal("not in time: " + what)
		}
	}
}

func TestClosedSessionsAreReadOut(t *testing.T) {
	r := newRig(t, Options{})
	url := r.open("") + "&transport=polling"
	x := r.server.find(regexp.MustCompile(`sid=([^&]+)`).FindStringSubmatch(url)[1])
	_ = x.Send(NewParcel(Message{Data: []byte("last")}))
	x.Close()
	if err := x.Send(NewParcel(Message{Data: []byte("more")})); err == nil {
		t.Error("a closed session takes messages")
	}
	r.expect("GET", url, "", "", 200, "5:4last1:1")
	r.ended(ErrByServer)
	if st := r.server.Stats(); st != (Stats{}) {
		t.Errorf("%+v", st)
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	r := newRig(t, Options{})
	for url, want := range map[string]string{
		strings.Replace(r.url, "EIO=3", "EIO=4", 1) + "&transport=polling": "Unsupported protocol",
		r.url + "&transport=polling&j=0":                                   "Transport unknown",
		r.url + "&transport=websocket":                                     "Transport unknown",
		r.url + "&transport=polling&sid=x":                                 "Session ID unknown",
	} {
		r.expect("GET", url, "", "", 400, want)
	}
	r.expect("POST", r.url+"&transport=polling", text, "", 400, "Bad handshake method")
	url := r.open("") + "&transport=polling"
	r.expect("DELETE", url, "", "", 400, "")
	r.expect("POST", url, text, fmt.Sprintf("%d:4x", 1<<31), 400, "")
	r.ended(errSyntax)
}
