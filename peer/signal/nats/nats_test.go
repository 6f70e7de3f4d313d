package nats_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	gonats "github.com/nats-io/nats.go"

	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/drivers"
	"github.com/causeway-rtc/causeway/peer/signal/nats"
	"github.com/causeway-rtc/causeway/peer/signal/signaltest"
)

// serve starts a NATS server and returns its address.
func serve(t *testing.T) (*server.Server, string) {
	t.Helper()
	return serveWith(t, server.Options{})
}

func serveWith(t *testing.T, o server.Options) (*server.Server, string) {
	t.Helper()
	o.Host, o.Port, o.NoLog, o.NoSigs = "127.0.0.1", server.RANDOM_PORT, true, true
	s, err := server.NewServer(&o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(signaltest.Patience) {
		t.Fatal("the NATS server does not start")
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s, s.Addr().String()
}

func dial(t *testing.T, url string) signal.Conn {
	t.Helper()
	c, err := signal.Dial(t.Context(), drivers.All(), url, signal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// plain connects without our package, as any other program would.
func plain(t *testing.T, addr string) *gonats.Conn {
	t.Helper()
	nc, err := gonats.Connect("nats://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func patience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), signaltest.Patience)
	t.Cleanup(cancel)
	return ctx
}

func TestConformance(t *testing.T) {
	for name, form := range map[string]string{"plain": "", "prefix": "?prefix=app.test", "secret": "?prefix=app#a%20long%20secret"} {
		t.Run(name, func(t *testing.T) {
			_, addr := serve(t)
			signaltest.Run(t, func(t *testing.T) signal.Conn { return dial(t, "nats://"+addr+form) }, signaltest.Claims)
		})
	}
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// seal is the payload as Peerix documents it, written anew.
func seal(t *testing.T, secret, text string) []byte {
	t.Helper()
	key := sha256.Sum256([]byte(secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	iv := []byte("an IV of 12b")
	return aead.Seal(iv, iv, []byte(text), nil)
}

func TestWireFormIsThatOfPeerix(t *testing.T) {
	_, addr := serve(t)
	for _, test := range []struct {
		form, room, direct string
		seal               func(string) []byte
	}{
		{"", "desk", "desk.me", func(s string) []byte { return []byte(s) }},
		{"?prefix=app", "app.desk", "app.desk.me", func(s string) []byte { return []byte(s) }},
		{
			"?prefix=a.b#s3cret", hash("a.b") + "." + hash("desk"), hash("a.b") + "." + hash("desk") + "." + hash("me"),
			func(s string) []byte { return seal(t, "s3cret", s) },
		},
	} {
		me, other := dial(t, "nats://"+addr+test.form), plain(t, addr)
		for _, ns := range []signal.Namespace{"desk", "desk:me"} {
			if err := me.Subscribe(t.Context(), ns, ""); err != nil {
				t.Fatal(err)
			}
		}
		sub, err := other.SubscribeSync(test.room)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := me.Publish(t.Context(), "desk", signal.Message{Type: "join", ID: "me", Data: []byte("true")}); err != nil {
			t.Fatal(err)
		}
		msg, err := sub.NextMsgWithContext(patience(t))
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"type":"join","id":"me","data":true}`; test.form == "" && string(msg.Data) != want {
			t.Errorf("published %s, want %s", msg.Data, want)
		}
		offer := test.seal(`{"type":"offer","id":"other","data":{"type":"offer","sdp":"v=0"}}`)
		for _, b := range [][]byte{nil, []byte("garbage"), test.seal("[]"), test.seal(`{"type":"offer","id":"me"}`), offer} {
			if err := other.Publish(test.direct, b); err != nil {
				t.Fatal(err)
			}
		}
		ns, m, err := me.Receive(patience(t))
		if err != nil || ns != "desk:me" || m.ID != "other" || string(m.Data) != `{"type":"offer","sdp":"v=0"}` {
			t.Errorf("with %q received %s %+v, %v", test.form, ns, m, err)
		}
		_ = me.Close()
	}
}

func TestSecretsKeepPeersApart(t *testing.T) {
	_, addr := serve(t)
	b := dial(t, "nats://"+addr+"#two")
	_ = b.Subscribe(t.Context(), "r:me", "")
	settle(t, b)
	for _, form := range []string{"", "#one", "#two"} {
		a := dial(t, "nats://"+addr+form)
		_ = a.Subscribe(t.Context(), "r:a", "")
		if err := a.Publish(t.Context(), "r:me", signal.Message{Type: "join", ID: "a", Data: []byte(`"` + form + `"`)}); err != nil {
			t.Fatal(err)
		}
		_ = a.Close()
	}
	if _, m, err := b.Receive(patience(t)); err != nil || string(m.Data) != `"#two"` {
		t.Errorf("received %+v, %v, want the message with the same secret", m, err)
	}
}

func TestFullQueueLosesTheNewest(t *testing.T) {
	_, addr := serve(t)
	me, other := dial(t, "nats://"+addr), plain(t, addr)
	if err := me.Subscribe(t.Context(), "r:me", ""); err != nil {
		t.Fatal(err)
	}
	settle(t, me)
	for i := range 2000 {
		b, _ := json.Marshal(signal.Message{Type: "join", ID: "other", Data: json.RawMessage(strings.Repeat("1", 1+i%8))})
		if err := other.Publish("r.me", b); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Flush(); err != nil {
		t.Fatal(err)
	}
	for i := range 256 { // what there was room for
		if _, m, err := me.Receive(patience(t)); err != nil || string(m.Data) != strings.Repeat("1", 1+i%8) {
			t.Fatalf("message %d was %+v, %v", i, m, err)
		}
	}
	for { // what was behind, until the connection is heard again
		if err := other.Publish("r.me", []byte(`{"type":"leave","id":"other"}`)); err != nil {
			t.Fatal(err)
		}
		_, m, err := me.Receive(patience(t))
		if err != nil {
			t.Fatal(err)
		}
		if m.Type == "leave" {
			return
		}
	}
}

// settle waits until the server has acted on all that c, who is me, sent.
func settle(t *testing.T, c signal.Conn) {
	t.Helper()
	if err := c.Publish(t.Context(), "r:nobody", signal.Message{Type: "ping", ID: "me"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Receive(patience(t)); !errors.Is(err, signal.ErrAbsent) {
		t.Fatal(err)
	}
}

// proxy passes connections on to an address that may change, or to nobody.
type proxy struct {
	l net.Listener

	mu   sync.Mutex
	to   string
	open []net.Conn
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, to: to}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.pass(in) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.turn("")
		wg.Wait()
	})
	return p
}

func (p *proxy) pass(in net.Conn) {
	defer func() { _ = in.Close() }()
	p.mu.Lock()
	to := p.to
	out, err := net.Dial("tcp", to)
	if to == "" || err != nil {
		p.mu.Unlock()
		return
	}
	p.open = append(p.open, in, out)
	p.mu.Unlock()
	go func() { // ends with either connection
		_, _ = io.Copy(out, in)
		_ = out.Close()
	}()
	_, _ = io.Copy(in, out)
	_ = out.Close()
}

// turn breaks all connections; later ones go to the other address.
func (p *proxy) turn(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
	for _, c := range p.open {
		_ = c.Close()
	}
	p.open = nil
}

func TestReconnect(t *testing.T) {
	_, first := serve(t)
	_, second := serve(t)
	p := newProxy(t, first)
	c := dial(t, "nats://"+p.l.Addr().String()+"#secret")
	if err := c.Subscribe(t.Context(), "r:me", ""); err != nil {
		t.Fatal(err)
	}
	settle(t, c)
	p.turn("")
	waits(t, c)
	host := dial(t, "nats://"+second+"#secret")
	if err := host.Subscribe(t.Context(), "r:host", ""); err != nil {
		t.Fatal(err)
	}
	settled := make(chan error, 1)
	go func() { settled <- c.Publish(patience(t), "r:host", signal.Message{Type: "join", ID: "me"}) }()
	p.turn(second)
	if _, m, err := host.Receive(patience(t)); err != nil || m.ID != "me" {
		t.Fatalf("the host received %+v, %v", m, err)
	}
	if err := <-settled; err != nil {
		t.Errorf("Publish over a broken connection: %v", err)
	}
	if err := host.Publish(t.Context(), "r:me", signal.Message{Type: "offer", ID: "host"}); err != nil {
		t.Fatal(err)
	}
	if _, m, err := c.Receive(patience(t)); err != nil || m.Type != "offer" {
		t.Errorf("received %+v, %v", m, err)
	}
}

// waits returns once Publish of c, who is me, waits for a connection. What it
// sends before the break is noticed is lost.
func waits(t *testing.T, c signal.Conn) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := c.Publish(ctx, "r", signal.Message{Type: "ping", ID: "me"})
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestPublishWaitsNoLongerThanItsContext(t *testing.T) {
	s, addr := serve(t)
	c := dial(t, "nats://"+addr)
	if err := c.Subscribe(t.Context(), "r:me", ""); err != nil {
		t.Fatal(err)
	}
	s.Shutdown()
	s.WaitForShutdown()
	waits(t, c)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Publish(t.Context(), "r:you", signal.Message{Type: "join", ID: "me"}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Publish after Close returned %v", err)
	}
}

func TestEncryptedAndWithPassword(t *testing.T) {
	certified := httptest.NewTLSServer(nil) // lends its certificate
	defer certified.Close()
	trusting := certified.Client().Transport.(*http.Transport).TLSClientConfig
	_, addr := serveWith(t, server.Options{
		TLS: true, TLSConfig: &tls.Config{Certificates: certified.TLS.Certificates}, TLSTimeout: signaltest.Patience.Seconds(),
		Username: "me", Password: "pass",
	})
	c, err := signal.Dial(t.Context(), drivers.All(), "nats+tls://me:pass@"+addr, signal.Options{TLS: trusting})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Subscribe(t.Context(), "r:me", ""); err != nil {
		t.Fatal(err)
	}
	settle(t, c)
	for url, o := range map[string]nats.Options{
		"nats+tls://me:pass@" + addr:  {},
		"nats+tls://me:wrong@" + addr: {TLS: trusting},
	} {
		if _, err := nats.Dial(t.Context(), url, o); err == nil {
			t.Errorf("Dial(%q) succeeded", url)
		}
	}
}

func TestDialErrorsAreClear(t *testing.T) {
	for _, test := range []struct{ url, want string }{
		{"http://host", "scheme"},
		{"nats://", "no host"},
		{"nats://host/path", "path"},
		{"nats://host?secret=x", "after #"},
		{"nats://host?prefix=a..b", "empty part"},
		{"nats://host?prefix=a.*", "no subject may have"},
		{"nats://host?prefix=$SYS", "begins with $"},
		{"nats://host?prefix=" + strings.Repeat("x", 200), "200 bytes"},
		{"nats://host#" + strings.Repeat("s", 300), "300 bytes"},
		{"nats://host:port#hush", "invalid port"},
		{"nats://user:hush@127.0.0.1:1", "connect to nats://user:xxxxx@127.0.0.1:1"},
	} {
		_, err := nats.Dial(t.Context(), test.url, nats.Options{})
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("Dial(%.80q): %v, want a word of %q", test.url, err, test.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := nats.Dial(ctx, "nats://127.0.0.1:1", nats.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is done: %v", err)
	}
}

// A server that accepts and says nothing must not hold the caller.
func TestDialEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if c, err := l.Accept(); err == nil {
			cancel()
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	if _, err := nats.Dial(ctx, "nats://"+l.Addr().String(), nats.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Dial returned %v", err)
	}
}
