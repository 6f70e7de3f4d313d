package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/cmd/internal/skyway"
	"github.com/causeway-rtc/causeway/peer/broker"
	"github.com/causeway-rtc/causeway/peer/peerserver"
	"github.com/causeway-rtc/causeway/peer/sfu"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

// serve listens and serves until ctx is done. What it started has ended when
// it returns.
func serve(ctx context.Context, c config, stdout io.Writer, log *slog.Logger) error {
	conf, err := tlsConfig(c)
	if err != nil {
		return err
	}
	m, err := c.listen(log)
	if err != nil {
		return err
	}
	defer m.close()
	l := m.listener
	bound := l.Addr().(*net.TCPAddr)
	if conf != nil {
		l = tls.NewListener(l, conf)
	}
	native := broker.New(c.nativeOptions(log))
	pages := peerserver.New(c.pagesOptions(log))
	rooms := skywayserver.New(c.skywayOptions(m.sfu, log))
	server := &http.Server{
		Handler: c.handler(native, pages, rooms), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	c.greet(stdout, bound, conf != nil)
	select {
	case <-ctx.Done():
		log.Info("ending")
	case err = <-failed:
		failed <- nil // for the wait below
	}
	shutdown(server, native, pages, rooms)
	<-failed
	return err
}

// nativeOptions bound Causeway's own signalling as the flags bound PeerJS.
func (c *config) nativeOptions(log *slog.Logger) broker.Options {
	return broker.Options{AllowOrigin: c.allowOrigin, Conns: c.concurrentLimit, ConnsPerAddr: c.connsPerAddr, Log: log}
}

func (c *config) pagesOptions(log *slog.Logger) peerserver.Options {
	return peerserver.Options{
		Path: c.path, Key: c.key, ExpireTimeout: c.expireTimeout, AliveTimeout: c.aliveTimeout,
		ConcurrentLimit: c.concurrentLimit, ConnsPerAddr: c.connsPerAddr, AllowDiscovery: c.allowDiscovery,
		Proxied: c.proxied, Origins: c.cors, Log: log,
	}
}

// skywayOptions bound SkyWay as the flags bound PeerJS.
func (c *config) skywayOptions(forward *sfu.SFU, log *slog.Logger) skywayserver.Options {
	keys := maps.Clone(c.skyway)
	for name, key := range keys {
		key.List = key.List || c.allowDiscovery
		keys[name] = key
	}
	return skywayserver.Options{
		Keys: keys, Insecure: c.insecure, SFU: skyway.SFU(forward), Peers: c.concurrentLimit, ConnsPerAddr: c.connsPerAddr,
		Proxied: c.proxied, Origins: c.cors, Log: log,
	}
}

// allowOrigin tells whether the page that sent r may connect, or whether it
// is from no page.
func (c *config) allowOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || c.cors == nil || slices.Contains(c.cors, origin) || slices.Contains(c.cors, "*")
}

func (c *config) handler(native, pages, rooms http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/ws", c.forwarded(native))
	mux.Handle("/", pages)
	if len(c.skyway) > 0 {
		mux.Handle("/socket.io/", rooms)
		mux.Handle("/api/apikeys/", rooms)
	}
	return mux
}

// forwarded gives requests the address of the client that a proxy has them
// from, if there is a proxy.
func (c *config) forwarded(next http.Handler) http.Handler {
	if !c.proxied {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The last entry is the nearest proxy's; the client can write the others.
		if all := r.Header.Values("X-Forwarded-For"); len(all) > 0 {
			last := all[len(all)-1]
			if ip := net.ParseIP(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])); ip != nil {
				r = r.Clone(r.Context())
				r.RemoteAddr = net.JoinHostPort(ip.String(), "0")
			}
		}
		next.ServeHTTP(w, r)
	})
}

// greet tells a person where to connect.
func (c *config) greet(w io.Writer, bound *net.TCPAddr, secure bool) {
	s, host := "", bound.IP.String()
	if secure {
		s = "s"
	}
	if bound.IP.IsUnspecified() {
		host = "localhost"
	}
	at := net.JoinHostPort(host, strconv.Itoa(bound.Port))
	fmt.Fprintf(w, "Causeway: ws%s://%s/ws\n", s, at)
	fmt.Fprintf(w, "PeerJS:   http%s://%s/%s, key %s\n", s, at, strings.Trim(c.path, "/"), c.key)
	for _, key := range slices.Sorted(maps.Keys(c.skyway)) {
		what := "with a credential"
		if c.skyway[key].Secret == "" {
			what = "from this machine alone, since it has no secret"
			if c.insecure {
				what = "from anywhere, without a credential"
			}
		}
		fmt.Fprintf(w, "SkyWay:   http%s://%s, key %s, %s\n", s, at, key, what)
	}
}

// tlsConfig is the TLS that the flags ask for, nil for none.
func tlsConfig(c config) (*tls.Config, error) {
	if c.sslCert == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(c.sslCert, c.sslKey)
	if err != nil {
		return nil, fmt.Errorf("--sslcert and --sslkey: %w", err)
	}
	// HTTP/1.1 alone: a WebSocket upgrade needs it.
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}, nil
}

// shutdown ends the server and the WebSockets that it has handed over.
func shutdown(server *http.Server, closers ...io.Closer) {
	var wg sync.WaitGroup
	for _, c := range closers {
		wg.Go(func() { _ = c.Close() })
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		_ = server.Close()
	}
	wg.Wait()
}
