package peer_test

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// listen opens a port until the test ends, after the peers that use it.
func listen(t *testing.T, addr string) *peer.Port {
	t.Helper()
	port, err := peer.Listen(addr, peertest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := port.Close(); err != nil {
			t.Error(err)
		}
	})
	return port
}

func TestOnePortForAll(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", ":0"} {
		for _, tcpOnly := range []bool{false, true} {
			name := map[bool]string{false: "udp", true: "tcp"}[tcpOnly]
			t.Run(addr+"/"+name, func(t *testing.T) {
				port := listen(t, addr)
				server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })}
				go func() { _ = server.Serve(port.HTTP()) }()
				t.Cleanup(func() { _ = server.Close() })

				w := peertest.New(t, func(o *peer.Options) { o.Port, o.TCPOnly = port, tcpOnly })
				for _, id := range []string{"a", "b", "c"} {
					r := w.Connect(id, func(o *peer.Options) { o.TCPOnly = tcpOnly })
					in := video(t, r)
					for range 20 {
						next(t, in)
					}
					if got := peer.UseICEPair(r); got != name {
						t.Errorf("connected over %s, want %s", got, name)
					}
				}
				_, number, _ := net.SplitHostPort(port.Addr().String())
				client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
				resp, err := client.Get("http://127.0.0.1:" + number)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = resp.Body.Close() }()
				if body, _ := io.ReadAll(resp.Body); string(body) != "page" {
					t.Errorf("HTTP answers %q", body)
				}
			})
		}
	}
}

func TestICERestartKeepsMediaFlowing(t *testing.T) {
	for name, restart := range map[string]func(host, viewer *peer.Remote){
		"host":   func(host, _ *peer.Remote) { peer.RestartICE(host) },
		"viewer": func(_, viewer *peer.Remote) { peer.RestartICE(viewer) },
		"both":   func(host, viewer *peer.Remote) { peer.RestartICE(host); peer.RestartICE(viewer) },
	} {
		for _, id := range []string{"aaa", "zzz"} { // less and more polite than "desk"
			t.Run(name+"/"+id, func(t *testing.T) {
				port := listen(t, "127.0.0.1:0")
				w := peertest.New(t, func(o *peer.Options) { o.Port = port })
				r := w.Connect(id)
				in := video(t, r)
				next(t, in)
				host := w.RemoteOf(id)
				before, beforeHost := peer.Generation(r), peer.Generation(host)
				restart(host, r)
				peertest.Eventually(t, "both sides have new credentials", func() bool {
					return peer.Generation(r) != before && peer.Generation(host) != beforeHost
				})
				for begin := time.Now(); time.Since(begin) < time.Second; {
					next(t, in)
				}
				if r.State() != peer.StateConnected || host.State() != peer.StateConnected {
					t.Errorf("the states are %v and %v", r.State(), host.State())
				}
				// And once more, to see that negotiation is not stuck.
				before = peer.Generation(r)
				peer.RestartICE(host)
				peertest.Eventually(t, "another restart works", func() bool { return peer.Generation(r) != before })
			})
		}
	}
}

func TestSilentConnectionsAreBounded(t *testing.T) {
	port := listen(t, "127.0.0.1:0")
	dial := func() net.Conn {
		c, err := net.Dial("tcp", port.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	first := dial()
	for range peer.MaxSilent {
		dial()
	}
	_ = first.SetReadDeadline(time.Now().Add(peertest.Patience))
	if _, err := first.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the oldest silent connection: %v, want it closed", err)
	}
}
