package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// get asks the handler for a path; header holds pairs of names and values.
func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "127.0.0.1:8080"
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestIndexNamesHostAndHashedFiles(t *testing.T) {
	h := Handler(Options{HostID: `desk"><script>`})
	res := get(t, h, "/")
	page, _ := io.ReadAll(res.Body)
	if !strings.Contains(string(page), `content="desk&#34;&gt;&lt;script&gt;"`) {
		t.Errorf("host id is not in the page, or not escaped:\n%s", page)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("index: Cache-Control %q, want no-cache", got)
	}
	_, rest, _ := strings.Cut(string(page), `src="`)
	src, _, _ := strings.Cut(rest, `"`)
	res = get(t, h, "/"+src)
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %s, Cache-Control %q", src, res.Status, res.Header.Get("Cache-Control"))
	}
}

func TestAssetsAreServedAndRevalidated(t *testing.T) {
	h := Handler(Options{})
	for path, kind := range map[string]string{
		"/": "text/html", "/viewer.css": "text/css", "/icon.svg": "image/svg+xml",
		"/causeway.js": "text/javascript", "/sdk/causeway.js": "text/javascript",
	} {
		res := get(t, h, path, "Accept-Encoding", "gzip")
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), kind) {
			t.Errorf("%s: %s, %s", path, res.Status, res.Header.Get("Content-Type"))
		}
		if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, res.Header)
		}
		again := get(t, h, path, "Accept-Encoding", "gzip", "If-None-Match", res.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s again: %s, want 304", path, again.Status)
		}
	}
	if res := get(t, h, "/static/index.html"); res.StatusCode != http.StatusNotFound {
		t.Errorf("unknown path: %s, want 404", res.Status)
	}
}

func TestContentSecurityPolicyIsStrict(t *testing.T) {
	h := Handler(Options{})
	csp := get(t, h, "/", "Host", "10.0.0.7:9000").Header.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self';", "style-src 'self';",
		"connect-src 'self' ws://10.0.0.7:9000 wss://10.0.0.7:9000", "frame-ancestors 'none'",
	} {
		if !strings.Contains(csp, want) {
			t.Errorf("%q lacks %q", csp, want)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("%q is not strict", csp)
	}
}

func TestHostHeaderMustNotBeAStrangersName(t *testing.T) {
	h := Handler(Options{AllowedHosts: []string{"desk.example"}})
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "192.168.1.4": 200, "[::1]:8080": 200, "[fe80::1]": 200,
		"localhost:8080": 200, "LOCALHOST.": 200, "a.localhost:1": 200,
		"desk.example:443": 200, "Desk.Example": 200,
		"evil.example": 421, "127.0.0.1.evil.example:8080": 421, "desk.example.evil.example": 421,
		"": 421, "localhost:80;x": 421, "a;b.localhost": 421, "127.0.0.1:80 x": 421,
	} {
		if res := get(t, h, "/", "Host", host); res.StatusCode != want {
			t.Errorf("Host %q: %s, want %d", host, res.Status, want)
		}
	}
}

func TestForeignPagesAreRefusedButLinksAreNot(t *testing.T) {
	h := Handler(Options{})
	for _, row := range []struct {
		what   string
		want   int
		header []string
	}{
		{"typed address", 200, []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}},
		{"link from elsewhere", 200, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}},
		{"frame elsewhere", 403, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}},
		{"fetch from elsewhere", 403, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Origin", "https://evil.example"}},
		{"image elsewhere", 403, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}},
		{"own script", 200, []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors", "Origin", "http://127.0.0.1:8080"}},
		{"another port", 403, []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}},
		{"old browser, foreign", 403, []string{"Origin", "http://evil.example"}},
		{"sandboxed", 403, []string{"Origin", "null"}},
		{"no browser", 200, nil},
	} {
		if res := get(t, h, "/causeway.js", row.header...); res.StatusCode != row.want {
			t.Errorf("%s: %s, want %d", row.what, res.Status, row.want)
		}
	}
}
