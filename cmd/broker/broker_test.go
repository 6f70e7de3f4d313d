package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"debug/elf"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience is for a machine that does other things.
const patience = 30 * time.Second

// start runs the program and returns where it listens, "127.0.0.1:PORT", and
// the end of it, which returns its exit status.
func start(t *testing.T, args ...string) (addr string, end func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	status := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		status <- run(ctx, append([]string{"--host", "127.0.0.1", "--port", "0"}, args...), environment(), in, &stderr)
		in.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cancel()
		t.Fatalf("status %d: %s", <-status, stderr.String())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	ended := false
	end = func() int {
		cancel()
		ended = true
		return <-status
	}
	t.Cleanup(func() {
		if !ended {
			end()
		}
	})
	_, addr, _ = strings.Cut(strings.TrimSpace(line), "://")
	return strings.TrimSuffix(addr, "/ws"), end
}

func read(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, b, err := c.Read(ctx)
	if err != nil {
		return "closed"
	}
	return string(b)
}

func dial(t *testing.T, url string, o *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func TestBothProtocolsOnOnePort(t *testing.T) {
	addr, end := start(t, "--path", "/app", "--key", "k")
	native := dial(t, "ws://"+addr+"/ws", nil)
	if err := native.Write(t.Context(), websocket.MessageText, []byte("ping")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, native); got != "pong" {
		t.Errorf("/ws answered %s", got)
	}
	page := dial(t, "ws://"+addr+"/app/peerjs?key=k&id=a&token=t", nil)
	if got := read(t, page); got != `{"type":"OPEN"}` {
		t.Errorf("/app/peerjs answered %s", got)
	}
	resp, err := http.Get("http://" + addr + "/app/k/id")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("/app/k/id: %s", resp.Status)
	}
	// Ctrl-C says goodbye to both.
	closed := make(chan string, 2)
	for _, c := range []*websocket.Conn{native, page} {
		go func() { closed <- read(t, c) }()
	}
	if status := end(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	for range 2 {
		if got := <-closed; got != "closed" {
			t.Errorf("at the end a client received %s", got)
		}
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("it still listens")
	}
}

// Without a key there is no SkyWay, and the flags reach it.
func TestSkyWay(t *testing.T) {
	const key = "00000000-0000-0000-0000-000000000000"
	const path = "/socket.io/?EIO=3&transport=websocket&token=t&peerId=a&apiKey="
	addr, _ := start(t)
	if _, resp, err := websocket.Dial(t.Context(), "ws://"+addr+path+key, nil); err == nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("without a key: %v", err)
	}
	secret := key[:35] + "1"
	addr, end := start(t, "--skyway-key", key, "--skyway-key", secret+":s", "--allow_discovery")
	c := dial(t, "ws://"+addr+path+key, nil)
	for _, want := range []string{`0{`, `40`, `42["OPEN",{"peerId":"a"}]`} {
		if got := read(t, c); !strings.HasPrefix(got, want) {
			t.Errorf("received %s, want %s", got, want)
		}
	}
	for _, event := range []string{"ROOM_JOIN", "SFU_GET_OFFER"} {
		if err := c.Write(t.Context(), websocket.MessageText, []byte(`42["`+event+`",{"roomName":"r","roomType":"sfu"}]`)); err != nil {
			t.Fatal(err)
		}
	}
	_, port, _ := net.SplitHostPort(addr)
	for _, want := range []string{"ROOM_USER_JOIN", "SFU_OFFER"} {
		got := read(t, c)
		if !strings.HasPrefix(got, `42["`+want) || want == "SFU_OFFER" && !strings.Contains(got, " 127.0.0.1 "+port+" typ host") {
			t.Errorf("received %s, want %s", got, want)
		}
	}
	c = dial(t, "ws://"+addr+path+secret, nil)
	for _, want := range []string{`0{`, `40`, `42["ERROR",{"type":"authentication"`, `41`, "closed"} {
		if got := read(t, c); !strings.HasPrefix(got, want) {
			t.Errorf("received %s, want %s", got, want)
		}
	}
	resp, err := http.Get("http://" + addr + "/api/apikeys/" + key + "/clients/")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if got := strings.TrimSpace(string(b)); got != `["a"]` {
		t.Errorf("the list is %s", got)
	}
	if status := end(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// certificate writes a key and a certificate for 127.0.0.1.
func certificate(t *testing.T) (keyFile, certFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	folder := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("key.pem", "PRIVATE KEY", der), write("cert.pem", "CERTIFICATE", cert), pool
}

func TestTLS(t *testing.T) {
	key, cert, pool := certificate(t)
	addr, _ := start(t, "--sslkey", key, "--sslcert", cert)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	c := dial(t, "wss://"+addr+"/peerjs?key=peerjs&id=a&token=t", &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	if got := read(t, c); got != `{"type":"OPEN"}` {
		t.Errorf("received %s", got)
	}
	var stderr bytes.Buffer
	if status := run(t.Context(), []string{"--sslkey", cert, "--sslcert", key}, environment(), io.Discard, &stderr); status != 1 || !strings.Contains(stderr.String(), "--sslcert") {
		t.Errorf("key and certificate exchanged: status %d, %s", status, stderr.String())
	}
}

func TestProxiedAddressesAreTheClients(t *testing.T) {
	addr, _ := start(t, "--proxied", "--conns_per_addr", "1")
	for _, path := range []string{"/ws", "/peerjs?key=peerjs&token=t&id="} {
		for i, from := range []string{"203.0.113.1", "203.0.113.2", "x, 203.0.113.1"} {
			id := ""
			if path != "/ws" {
				id = fmt.Sprint(i)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			c, resp, err := websocket.Dial(ctx, "ws://"+addr+path+id, &websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {from}}})
			cancel()
			if refused := resp != nil && resp.StatusCode == http.StatusTooManyRequests; refused != (i == 2) {
				t.Errorf("%s from %s: %v", path, from, err)
			}
			if err == nil {
				defer c.CloseNow()
			}
		}
	}
}

func TestExitStatus(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	_, port, _ := net.SplitHostPort(busy.Addr().String())
	for _, test := range []struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		{[]string{"--help"}, 0, "PeerJS", ""},
		{[]string{"-h"}, 0, "PeerJS", ""},
		{[]string{"--version"}, 0, "broker development", ""},
		{[]string{"--port", "x"}, 2, "", "--port x: allowed is"},
		{[]string{"--host", "127.0.0.1", "--port", port}, 1, "", "choose another port"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), test.args, environment(), &stdout, &stderr)
		if status != test.status || !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("broker %v: %d, %q, %q", test.args, status, stdout.String(), stderr.String())
		}
	}
}

// The program is copied onto machines that have nothing else.
func TestBinaryIsStatic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broker")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if runtime.GOOS != "linux" {
		return
	}
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it needs a loader, and so a C library")
		}
	}
}
