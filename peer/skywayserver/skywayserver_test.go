package skywayserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSignalsReachThePeer(t *testing.T) {
	_, base := start(t, Options{})
	a, b := open(t, base, "a"), open(t, base, "b")
	for send, receive := range map[string]string{
		"SEND_OFFER": "OFFER", "SEND_ANSWER": "ANSWER", "SEND_CANDIDATE": "CANDIDATE", "SEND_FORCE_CLOSE": "FORCE_CLOSE",
	} {
		a.send(send, `{"dst":"b","src":"forged","connectionId":"c","metadata":{"m":[1,"é"]}}`)
		b.expect(receive, `{"dst":"b","src":"a","connectionId":"c","metadata":{"m":[1,"é"]}}`)
	}
	b.send("SEND_LEAVE", `{"dst":"a"}`)
	a.expect("LEAVE", `"b"`)
	a.send("SEND_OFFER", `{"dst":"b","metadata":{"_placeholder":true,"num":0}}`, []byte{1, 2})
	if p := b.expect("OFFER", `{"dst":"b","src":"a","metadata":{"_placeholder":true,"num":0}}`); len(p.Binary) != 1 || string(p.Binary[0]) != "\x01\x02" {
		t.Errorf("the bytes came as %v", p.Binary)
	}
	a.send("SEND_OFFER", `{"dst":"nobody"}`)
	a.failed(PeerUnavailable)
	a.send("SEND_CANDIDATE", `{"dst":"nobody"}`)
	a.send("PING", "null")
	a.send("SEND_OFFER", `{"dst":"a"}`)
	a.expect("OFFER", `{"dst":"a","src":"a"}`)
}

func TestPeersAreRefused(t *testing.T) {
	_, base := start(t, Options{Peers: 2})
	open(t, base, "a")
	for _, test := range []struct{ query, typ string }{
		{query("33333333-3333-3333-3333-333333333333", "b", "t", nil), InvalidKey},
		{query("", "b", "t", nil), InvalidKey},
		{query(openKey, "b d ", "t", nil), InvalidID},
		{query(openKey, strings.Repeat("b", 300), "t", nil), InvalidID},
		{query(openKey, "b", strings.Repeat("t", 300), nil), ServerError},
		{query(openKey, "a", "another", nil), InvalidID},
		{query(openKey, "a", "", nil), InvalidID},
	} {
		dial(t, base, test.query, nil).refused(test.typ)
	}
	c := dial(t, base, query(openKey, "", "t", nil), nil)
	var opened struct{ PeerID string }
	if p := c.expect("OPEN", ""); json.Unmarshal(p.Arg, &opened) != nil || len(opened.PeerID) != 16 || !idForm.MatchString(opened.PeerID) {
		t.Errorf("opened by %s", p.Arg)
	}
	dial(t, base, query(openKey, "c", "t", nil), nil).refused(ServerError)
}

func TestKeysWithoutSecretServeLoopback(t *testing.T) {
	_, base := start(t, Options{Proxied: true})
	from := func(addr string) http.Header { return http.Header{"X-Forwarded-For": {"127.0.0.1, " + addr}} }
	dial(t, base, query(openKey, "a", "t", nil), from("203.0.113.1")).refused(Permission)
	dial(t, base, query(openKey, "a", "t", nil), from("::1")).expect("OPEN", "")
	c := NewCredential(secret, "a", time.Now(), time.Hour)
	dial(t, base, query(secretKey, "a", "t", &c), from("203.0.113.1")).expect("OPEN", "")
	// A proxy that nobody has spoken of makes everybody look local.
	_, base = start(t, Options{})
	dial(t, base, query(openKey, "a", "t", nil), from("127.0.0.1")).refused(Permission)
	_, base = start(t, Options{Insecure: true})
	dial(t, base, query(openKey, "a", "t", nil), from("127.0.0.1")).expect("OPEN", "")
}

func TestTokensBringPeersBack(t *testing.T) {
	s, base := start(t, Options{})
	a, b := open(t, base, "a"), open(t, base, "b")
	for _, c := range []*client{a, b} {
		c.send("ROOM_JOIN", `{"roomName":"r","roomType":"mesh"}`)
		c.expect("ROOM_USER_JOIN", "")
	}
	a.expect("ROOM_USER_JOIN", `{"roomName":"r","src":"b"}`)
	again := open(t, base, "a")
	if _, err := a.receive(); err == nil {
		t.Error("the old connection is still there")
	}
	b.send("ROOM_SEND_DATA", `{"roomName":"r","data":"hello"}`)
	again.expect("ROOM_DATA", `{"roomName":"r","src":"b","data":"hello"}`)
	again.send("ROOM_SEND_DATA", `{"roomName":"r","data":1}`)
	b.expect("ROOM_DATA", `{"roomName":"r","src":"a","data":1}`) // and nothing of leaving before
	again.write(1, "41")
	b.expect("ROOM_USER_LEAVE", `{"roomName":"r","src":"a"}`)
	eventually(t, "one is left", func() bool { return s.Stats().Peers == 1 })
}

func get(t *testing.T, url string) (int, string) {
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
	return resp.StatusCode, strings.TrimSpace(string(b))
}

func TestPeersAreListed(t *testing.T) {
	s, base := start(t, Options{})
	open(t, base, "b")
	open(t, base, "a")
	if _, err := s.Dial(secretKey, "elsewhere", "t"); err != nil {
		t.Fatal(err)
	}
	api := base + "/api/apikeys/"
	for path, want := range map[string]string{
		openKey + "/clients/":               `200 ["a","b"]`,
		openKey + "/clients":                `200 ["a","b"]`,
		secretKey + "/clients/":             `200 ["elsewhere"]`,
		bareKey + "/clients/":               "401 this API key lists no peers",
		"unknown/clients/":                  "401 this API key lists no peers",
		openKey + "/peers/a/exists":         `200 {"exists":true}`,
		openKey + "/peers/elsewhere/exists": `200 {"exists":false}`,
		bareKey + "/peers/a/exists":         `200 {"exists":false}`,
		"unknown/peers/a/exists":            "401 this server does not know the API key",
		openKey + "/peers/a":                "404 404 page not found",
		openKey + "/secret":                 "404 404 page not found",
		openKey + "/peers//exists":          `200 {"exists":false}`,
	} {
		if status, body := get(t, api+path); fmt.Sprint(status, " ", body) != want {
			t.Errorf("%s: %d %s, want %s", path, status, body, want)
		}
	}
	if status, _ := get(t, base+"/elsewhere"); status != http.StatusNotFound {
		t.Errorf("elsewhere: %d", status)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, api+openKey+"/clients/", nil)
	req.Header.Set("Origin", "https://page.example")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "https://page.example" {
		t.Errorf("a page elsewhere may not read: %v", resp.Header)
	}
}

func TestLocalPeers(t *testing.T) {
	s, base := start(t, Options{})
	page := open(t, base, "page")
	host, err := s.Dial(secretKey, "host", "t")
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Close(); err != nil {
		t.Fatal(err)
	}
	var refusal *Refusal
	if _, err := s.Dial(openKey, "page", "t"); !errors.As(err, &refusal) || refusal.Type != InvalidID {
		t.Errorf("the page's id: %v", err)
	}
	if host, err = s.Dial(openKey, "host", ""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	expect := func(name string) Event {
		t.Helper()
		e, err := host.Receive(ctx)
		if err != nil || e.Name != name {
			t.Fatalf("received %s, %v, want %s", e.Name, err, name)
		}
		return e
	}
	expect("OPEN")
	page.send("SEND_OFFER", `{"dst":"host"}`)
	if e := expect("OFFER"); !sameJSON(string(e.Arg), `{"dst":"host","src":"page"}`) {
		t.Errorf("received %s", e.Arg)
	}
	if err := host.Send(Event{Name: "SEND_ANSWER", Arg: json.RawMessage(`{"dst":"page"}`)}); err != nil {
		t.Fatal(err)
	}
	page.expect("ANSWER", `{"dst":"page","src":"host"}`)
	for _, e := range []Event{{Name: "NONSENSE"}, {Name: "SEND_OFFER", Arg: json.RawMessage(`{`)}, {Name: "SEND_OFFER", Arg: json.RawMessage("\"\xff\"")}} {
		if err := host.Send(e); err == nil {
			t.Errorf("%s %s was sent", e.Name, e.Arg)
		}
	}
	page.send("ROOM_JOIN", `{"roomName":"r"}`)
	page.expect("ROOM_USER_JOIN", "")
	for range 2 * localEvents { // who does not read loses, and stays
		page.send("SEND_OFFER", `{"dst":"host"}`)
	}
	page.send("ROOM_GET_USERS", `{"roomName":"r"}`)
	page.expect("ROOM_USERS", `{"roomName":"r","type":"media","userList":["page"]}`)
	if n := len(host.queue); n != localEvents {
		t.Errorf("%d events wait", n)
	}
	if err := host.Close(); err != nil {
		t.Error(err)
	}
	if err := host.Send(Event{Name: "PING"}); err == nil {
		t.Error("a closed peer sends")
	}
}
