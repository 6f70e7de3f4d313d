package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

//go:generate go run build.go

//go:embed static
var static embed.FS

// Options say which host the page belongs to.
type Options struct {
	// HostID is the peer id of the host that the page connects to. The
	// default is "desk".
	HostID string
	// AllowedHosts are the names, without port, under which the page may be
	// reached besides IP addresses and localhost. See [Guard].
	AllowedHosts []string
}

// asset is one file as it is served.
type asset struct {
	kind   string
	data   []byte
	packed []byte // gzip
	hash   string
}

// Handler serves the viewer page at /, its style sheet and script, and the
// browser library at /sdk/causeway.js, to requests that pass [Guard].
func Handler(o Options) http.Handler {
	if o.HostID == "" {
		o.HostID = "desk"
	}
	assets := map[string]*asset{
		"/causeway.js":      load("dist/causeway.js", "text/javascript; charset=utf-8"),
		"/sdk/causeway.js":  load("dist/sdk.js", "text/javascript; charset=utf-8"),
		"/sound-worker.js":  load("dist/sound-worker.js", "text/javascript; charset=utf-8"),
		"/sound-worklet.js": load("dist/sound-worklet.js", "text/javascript; charset=utf-8"),
		"/viewer.css":       load("viewer.css", "text/css; charset=utf-8"),
		"/icon.svg":         load("icon.svg", "image/svg+xml"),
	}
	assets["/"] = index(o.HostID, assets["/causeway.js"].hash, assets["/viewer.css"].hash)
	return Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := assets[r.URL.Path]
		switch {
		case a == nil:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Only GET and HEAD here.", http.StatusMethodNotAllowed)
		default:
			a.serve(w, r)
		}
	}), o.AllowedHosts...)
}

// load prepares an embedded file; a missing one is a mistake of the build.
func load(name, kind string) *asset {
	data, err := static.ReadFile("static/" + name)
	if err != nil {
		panic("web: " + err.Error())
	}
	return newAsset(data, kind)
}

func index(host, script, style string) *asset {
	t := template.Must(template.ParseFS(static, "static/index.html"))
	var b bytes.Buffer
	if err := t.Execute(&b, struct{ Host, Script, Style string }{host, script, style}); err != nil {
		panic("web: " + err.Error())
	}
	return newAsset(b.Bytes(), "text/html; charset=utf-8")
}

func newAsset(data []byte, kind string) *asset {
	sum := sha256.Sum256(data)
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	z.Write(data) // a buffer takes everything
	z.Close()
	return &asset{kind: kind, data: data, packed: packed.Bytes(), hash: hex.EncodeToString(sum[:8])}
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	secure(h, r.Host)
	h.Set("Content-Type", a.kind)
	h.Set("Vary", "Accept-Encoding")
	// A file asked for by its hash never changes; whatever else the browser
	// keeps, it asks whether that is still right.
	if r.URL.Query().Get("v") == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	data, etag := a.data, a.hash
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		data, etag = a.packed, a.hash+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// secure sets the headers that keep a page to itself: what it loads, who may
// frame or read it, and what of the device it may use.
func secure(h http.Header, host string) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
		"img-src 'self' data: blob:; media-src 'self' blob:; connect-src "+connectSources(host)+"; "+
		"frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	// Isolated from every other site, the page gets the precise clock.
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "autoplay=(self), fullscreen=(self), gamepad=(self), microphone=(self), "+
		"clipboard-read=(self), clipboard-write=(self), screen-wake-lock=(self), "+
		"camera=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), midi=(), payment=()")
}

// connectSources allows WebSockets to our own host. Browsers of before CSP 3
// do not take 'self' for them, and CSP has no form for IPv6 addresses.
func connectSources(host string) string {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if a, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil && a.Is6() {
		return "'self'"
	}
	return "'self' ws://" + host + " wss://" + host
}
