package skywayservertest

import (
	_ "embed" // the page
	"fmt"
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

// page has the stock client, and what tests do with it.
//
//go:embed page.html
var page string

// Server is a SkyWay server.
type Server interface {
	http.Handler
	// Close ends every connection.
	Close() error
}

// Rig is a browser with the page, and a server that can be cut off and started
// again.
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

// New opens the page with a server of its own, which newServer makes whenever
// it starts. In scripts the names, of which each is followed by its value,
// stand for strings.
func New(t *testing.T, newServer func() Server, names ...string) *Rig {
	t.Helper()
	for i := 1; i < len(names); i += 2 {
		names[i] = "'" + names[i] + "'"
	}
	script, err := os.ReadFile(filepath.Join(peerservertest.Modules(t), "skyway-js", "dist", "skyway.js"))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
	mux.HandleFunc("/skyway.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	pages := httptest.NewServer(mux) // of another origin than the server
	t.Cleanup(pages.Close)
	r := &Rig{t: t, make: newServer, names: strings.NewReplacer(names...), addr: "127.0.0.1:0"}
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
	r.listener.cut()
	r.serving.Wait()
}

// CutOff breaks connections until the page's peer of that name has noticed. One
// that is between two polls does not at once.
func (r *Rig) CutOff(peer string) {
	r.t.Helper()
	r.Expect("window.broken = false; until(() => !"+peer+".open).then(() => { window.broken = true; })", "undefined")
	for broken := false; !broken; {
		r.listener.cut()
		r.Eval("window.broken", &broken)
	}
}

// Expect evaluates a script, the body of an asynchronous function, whose value
// as text is to be want.
func (r *Rig) Expect(script, want string) {
	r.t.Helper()
	script = r.names.Replace(script)
	var got string
	r.Eval("(async () => { try { return String(await (async () => { "+script+" })()); } catch (e) { return 'failed: ' + e.message; } })()", &got)
	if got != want {
		r.t.Errorf("%s\nreturned %s, want %s", script, got, want)
	}
}

// cutListener knows its connections, to cut them off without a goodbye.
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
