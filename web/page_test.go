package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/web"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// refusingHost serves the page, and a signalling server whose host rejects
// every join with the same data. It counts the joins.
func refusingHost(t *testing.T, reject string) (url string, joins *atomic.Int32) {
	t.Helper()
	joins = new(atomic.Int32)
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler(web.Options{HostID: "desk"}))
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			_, data, err := c.Read(r.Context())
			if err != nil {
				return
			}
			var frame [2]json.RawMessage
			var m struct{ Type, ID string }
			if json.Unmarshal(data, &frame) != nil || json.Unmarshal(frame[1], &m) != nil || m.Type != "join" {
				continue
			}
			joins.Add(1)
			answer := `["desk:` + m.ID + `",{"type":"reject","id":"desk","data":` + reject + `}]`
			if c.Write(r.Context(), websocket.MessageText, []byte(answer)) != nil {
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, joins
}

// told returns what the page's card says.
func told(b *webtest.Browser) string {
	var text string
	b.Eval("document.querySelector('.card').innerText", &text)
	return text
}

func TestWrongTokenIsSaidAndNotTriedAgain(t *testing.T) {
	url, joins := refusingHost(t, `{"code":"token","message":"wrong token"}`)
	b := webtest.Start(t, webtest.Options{})
	b.Open(url + "/#token=wrong")
	b.WaitState("failed", 20*time.Second)
	if text := told(b); !strings.Contains(text, "not valid") || !strings.Contains(text, "#token=") {
		t.Errorf("the page says %q", text)
	}
	time.Sleep(1500 * time.Millisecond)
	if n := joins.Load(); n != 1 {
		t.Errorf("%d joins, want 1", n)
	}
	for _, line := range b.Errors() {
		if !strings.Contains(line, "connection lost") {
			t.Errorf("console: %s", line)
		}
	}
}

func TestThrottledPageWaitsAsLongAsItIsTold(t *testing.T) {
	url, joins := refusingHost(t, `{"code":"throttled","message":"wait","retryAfter":60}`)
	b := webtest.Start(t, webtest.Options{})
	b.Open(url + "/#token=x")
	b.WaitState("disconnected", 20*time.Second)
	b.Wait("document.querySelector('.card .countdown').innerText.includes('Next attempt in')", 5*time.Second)
	time.Sleep(time.Second)
	if n := joins.Load(); n != 1 {
		t.Errorf("%d joins, want 1", n)
	}
}

func TestPageKeepsTryingWhileNobodyIsThere(t *testing.T) {
	s := httptest.NewServer(web.Handler(web.Options{}))
	defer s.Close()
	b := webtest.Start(t, webtest.Options{Width: 390, Height: 780, Touch: true})
	b.Open(s.URL + "/#token=x")
	b.WaitState("disconnected", 20*time.Second)
	if _, code := b.State(); code != "unreachable" {
		t.Errorf("error %q, want unreachable", code)
	}
	b.Wait("document.title.startsWith('Lost')", 5*time.Second)
	// Nothing may reach beyond a phone's edge, and each button has a name.
	var wide []string
	b.Eval(`[...document.querySelectorAll('.card, .bar, button')]
		.filter((e) => e.offsetParent && (e.getBoundingClientRect().right > innerWidth || e.getBoundingClientRect().left < 0))
		.map((e) => e.className)`, &wide)
	if len(wide) > 0 {
		t.Errorf("beyond the edge of a phone: %q", wide)
	}
	var nameless int
	b.Eval("[...document.querySelectorAll('button')].filter((e) => !e.getAttribute('aria-label')).length", &nameless)
	if nameless > 0 {
		t.Errorf("%d buttons have no name", nameless)
	}
}
