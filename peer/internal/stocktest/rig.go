package stocktest

import (
	_ "embed" // the script
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// script is what the pages of all systems do. They find it at /stock.js.
//
//go:embed stock.js
var script string

// Server is a system's server.
type Server interface {
	http.Handler
	// Close ends every connection.
	Close() error
}

// Options says what a [Rig] is. All fields but Names are required.
type Options struct {
	// Page is the page. Scripts are what it loads: files below node_modules by
	// their names on the page, such as "/peerjs.js".
	Page    string
	Scripts map[string]string
	// NewServer makes a server, whenever that starts.
	NewServer func() Server
	// Names stand for strings in scripts; each is followed by its value.
	Names []string
}

// Rig is a browser with the page, and a server that can be cut off and started
// again. The page finds the server's port in its own URL, as "port".
type Rig struct {
	*webtest.Browser
	t     *testing.T
	make  func() Server
	names *strings.Replacer
	addr  string

	server   Server
	http     *http.Server
	listener *cutListener
	serving  sync.WaitGroup
}

// New opens the page with a server of its own.
func New(t *testing.T, o Options) *Rig {
	t.Helper()
	for i := 1; i < len(o.Names); i += 2 {
		o.Names[i] = "'" + o.Names[i] + "'"
	}
	pages := httptest.NewServer(o.pages(t)) // of another origin than the server
	t.Cleanup(pages.Close)
	r := &Rig{t: t, make: o.NewServer, names: strings.NewReplacer(o.Names...), addr: "127.0.0.1:0"}
	r.Start()
	t.Cleanup(r.Stop)
	r.Browser = webtest.Start(t, webtest.Options{LocalIPs: true, Autoplay: true})
	t.Cleanup(r.Close)
	_, port, err := net.SplitHostPort(r.addr)
	if err != nil {
		t.Fatal(err)
	}
	r.Open(pages.URL + "/?port=" + port)
	return r
}

// pages serves the page and its scripts.
func (o *Options) pages(t *testing.T) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	add := func(path, kind, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write([]byte(text))
		})
	}
	add("/", "text/html", o.Page)
	add("/stock.js", "text/javascript", script)
	modules := peerservertest.Modules(t)
	for path, file := range o.Scripts {
		text, err := os.ReadFile(filepath.Join(modules, filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		add(path, "text/javascript", string(text))
	}
	return mux
}

// URL is the server's.
func (r *Rig) URL() string { return "http://" + r.addr }

// Start starts the server, again on the port that it had.
func (r *Rig) Start() {
	r.t.Helper()
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.addr = l.Addr().String()
	r.listener = &cutListener{Listener: l}
	r.server = r.make()
	r.http = &http.Server{Handler: r.server}
	server, listener := r.http, r.listener
	r.serving.Go(func() { _ = server.Serve(listener) })
}

// Stop stops the server.
func (r *Rig) Stop() {
	_ = r.server.Close()
	_ = r.http.Close()
	r.Cut()
	r.serving.Wait()
}

// Cut breaks the connections with the server off, without a goodbye.
func (r *Rig) Cut() { r.listener.cut() }

// Value evaluates a script, the body of an asynchronous function, and returns
// its value as text.
func (r *Rig) Value(script string) string {
	r.t.Helper()
	script = r.names.Replace(script)
	var got string
	r.Eval("(async () => { try { return String(await (async () => { "+script+" })()); } catch (e) { return 'failed: ' + e.message; } })()", &got)
	return got
}

// Expect evaluates a script, as Value does, whose value is to be want.
func (r *Rig) Expect(script, want string) {
	r.t.Helper()
	if got := r.Value(script); got != want {
		r.t.Errorf("%s\nreturned %s, want %s", script, got, want)
	}
}

// cutListener knows its connections.
type cutListener struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (l *cutListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.conns = append(l.conns, c)
		l.mu.Unlock()
	}
	return c, err
}

func (l *cutListener) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
}
