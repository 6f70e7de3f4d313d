package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// stranger is a bare WebSocket client, apart from any code of ours.
type stranger struct {
	t  *testing.T
	ws *websocket.Conn
}

func dialStranger(t *testing.T, origin string, header http.Header) (*stranger, error) {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(origin, "http")+"/ws", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(1 << 20)
	t.Cleanup(func() { ws.CloseNow() })
	return &stranger{t, ws}, nil
}

func (s *stranger) send(frame string) error {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	return s.ws.Write(ctx, websocket.MessageText, []byte(frame))
}

// read returns the next frame, or the error that ended the connection.
func (s *stranger) read() ([]any, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	_, b, err := s.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	var frame []any
	return frame, json.Unmarshal(b, &frame)
}

// join claims an id and asks to be let in; it returns the answer.
func (s *stranger) join(id, token string) map[string]any {
	s.t.Helper()
	if err := s.send(`[">","desktop:` + id + `"]`); err != nil {
		s.t.Fatal(err)
	}
	if err := s.send(`["desktop:desktop",{"type":"join","id":"` + id + `","data":false,"metadata":{"token":"` + token + `"}}]`); err != nil {
		s.t.Fatal(err)
	}
	frame, err := s.read()
	if err != nil {
		s.t.Fatal(err)
	}
	if len(frame) != 2 || frame[0] != "desktop:"+id {
		s.t.Fatalf("answer to a join: %v", frame)
	}
	return frame[1].(map[string]any)
}

func TestWrongTokensAreRefusedAndThenThrottled(t *testing.T) {
	h := startHost(t, nil, "--capture", "pattern", "--inject", "none", "--audio", "off")
	origin, token := h.origin()
	s, err := dialStranger(t, origin, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := s.join("good", token); m["type"] != "offer" {
		t.Fatalf("a join with the token was answered with %v", m)
	}
	seen := map[string]bool{}
	for i := range 15 {
		s, err := dialStranger(t, origin, nil)
		if err != nil {
			t.Fatal(err)
		}
		// A name of its own: the broker may not have noticed yet that the one
		// before has gone.
		m := s.join("guess-"+strconv.Itoa(i), "wrong-token-000000")
		if m["type"] != "reject" {
			t.Fatalf("a wrong token was answered with %v", m)
		}
		data := m["data"].(map[string]any)
		seen[data["code"].(string)] = true
		if data["code"] == "throttled" && data["retryAfter"].(float64) <= 0 {
			t.Fatalf("throttled without saying until when: %v", data)
		}
		s.ws.CloseNow()
	}
	if !seen["token"] || !seen["throttled"] {
		t.Fatalf("15 wrong tokens were answered with %v, want token and then throttled", seen)
	}
}

func TestForeignOriginsAndNamesAreRefused(t *testing.T) {
	h := startHost(t, nil, "--capture", "pattern", "--inject", "none", "--audio", "off")
	origin, _ := h.origin()
	get := func(host string, header ...string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, origin+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if csp := resp.Header.Get("Content-Security-Policy"); resp.StatusCode == 200 && !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("Content-Security-Policy %q is not strict", csp)
		}
		return resp.StatusCode
	}
	if code := get(""); code != 200 {
		t.Fatalf("the page by its own name: status %d", code)
	}
	if code := get("evil.example"); code < 400 {
		t.Errorf("the page by a name that was rebound to us: status %d, want a refusal", code)
	}
	if code := get("", "Origin", "https://evil.example"); code < 400 {
		t.Errorf("the page for a foreign origin: status %d, want a refusal", code)
	}
	// Signalling is for all origins, and the token decides.
	foreign, err := dialStranger(t, origin, http.Header{"Origin": {"https://evil.example"}})
	if err != nil {
		t.Fatalf("a WebSocket from a foreign origin: %v", err)
	}
	if m := foreign.join("foreign", "guess"); m["type"] != "reject" {
		t.Errorf("a foreign origin without the token was answered with %v", m)
	}
}

// Without a token, any page that the user opens could take the desktop.
func TestHostWithoutTokenServesItsOwnPageAlone(t *testing.T) {
	h := startHost(t, nil, "--capture", "pattern", "--inject", "none", "--audio", "off", "--auth", "none")
	origin, _ := h.origin()
	if _, err := dialStranger(t, origin, http.Header{"Origin": {"https://evil.example"}}); err == nil {
		t.Error("a WebSocket from a foreign origin was let in")
	}
	if _, err := dialStranger(t, origin, http.Header{"Host": {"evil.example"}, "Origin": {"http://evil.example"}}); err == nil {
		t.Error("a WebSocket by a rebound name was let in")
	}
	if _, err := dialStranger(t, origin, http.Header{"Origin": {origin}}); err != nil {
		t.Errorf("a WebSocket of our own page was refused: %v", err)
	}
}

func TestGarbageLeavesTheOthersAlone(t *testing.T) {
	h := startHost(t, nil, "--capture", "pattern", "--inject", "none", "--audio", "off")
	origin, token := h.origin()
	v := startViewer(t, h.url)
	v.frames(5)
	noise := make([]byte, 4096)
	rand.Read(noise)
	for name, frames := range map[string][]string{
		"oversized":     {`["desktop:desktop",{"type":"join","id":"x","metadata":"` + strings.Repeat("x", 1<<20) + `"}]`},
		"random":        {string(bytes.ToValidUTF8(noise, []byte("?")))},
		"not an array":  {`{"type":"join"}`, `null`, `7`, `""`},
		"deep":          {strings.Repeat("[", 100000)},
		"another's id":  {`[">","desktop:thief"]`, `["desktop:desktop",{"type":"leave","id":"desktop"}]`},
		"host's place":  {`[">","desktop:desktop"]`},
		"hostile offer": {`[">","desktop:rude"]`, `["desktop:desktop",{"type":"join","id":"rude","metadata":{"token":"` + token + `"}}]`, `["desktop:desktop",{"type":"answer","id":"rude","data":{"type":"answer","sdp":"v=0\r\nm=garbage"}}]`},
		"flood":         flood(5000),
	} {
		s, err := dialStranger(t, origin, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			if err := s.send(f); err != nil {
				break // refused by closing, which is as good
			}
		}
		v.frames(10)
		if !h.running() {
			t.Fatalf("%s: the host ended", name)
		}
	}
}

func flood(n int) []string {
	frames := make([]string, 0, n+1)
	frames = append(frames, `[">","desktop:flood"]`)
	for range n {
		frames = append(frames, `["desktop:desktop",{"type":"join","id":"flood","data":false,"metadata":{"token":"nonsense"}}]`)
	}
	return frames
}

func TestInterruptEndsEverything(t *testing.T) {
	h := startHost(t, nil, "--virtual", "640x480")
	v := startViewer(t, h.url)
	v.frames(5)
	children := descendants(t, h.cmd.Process.Pid)
	if len(children) < 3 {
		t.Fatalf("%d programs run under the host, want the display, its sound and its programs", len(children))
	}
	began := time.Now()
	h.stop()
	t.Logf("the host ended %v after the interrupt", time.Since(began))
	for _, pid := range children {
		for deadline := time.Now().Add(patience); alive(pid); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("process %d outlived the host", pid)
			}
		}
	}
	if code := h.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d after an interrupt, want 0", code)
	}
}
