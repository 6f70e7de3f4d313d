package engineio

import (
	"bytes"
	"context"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// zeros is a body of unknown length.
type zeros struct{ left atomic.Int64 }

func (z *zeros) Read(b []byte) (int, error) {
	n := min(int64(len(b)), z.left.Load())
	if z.left.Add(-n); n == 0 {
		return 0, io.EOF
	}
	clear(b[:n])
	return int(n), nil
}

func TestLongBodiesAreNotRead(t *testing.T) {
	r := newRig(t, Options{MaxMessage: 10_000})
	r.expect("POST", r.open("")+"&transport=polling", text, strings.Repeat("x", 20_000), 413, "")
	r.ended(errTooLong)
	body := &zeros{}
	body.left.Store(100 << 20)
	resp, err := r.client.Post(r.open("")+"&transport=polling", text, body)
	if err == nil {
		resp.Body.Close()
	}
	if err == nil && resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("answered by %s", resp.Status)
	}
	r.ended(errTooLong)
	if left := body.left.Load(); left < 50<<20 {
		t.Errorf("%d bytes of 100 MiB were left", left)
	}
	conn := r.dial(r.url)
	_ = conn.Write(t.Context(), websocket.MessageText, bytes.Repeat([]byte("4"), 20_000))
	r.ended(errTooLong)
	eventually(t, "nothing is held", func() bool { return r.server.Stats() == Stats{} })
}

func TestQueuesAreBounded(t *testing.T) {
	r := newRig(t, Options{MaxMessage: 1000, QueueMessages: 100, QueueBytes: 20_000, AddrBytes: 30_000})
	var all []*Session
	for range 3 {
		r.open("") // and never polls
	}
	r.server.mu.Lock()
	for _, x := range r.server.sessions {
		all = append(all, x)
	}
	r.server.mu.Unlock()
	for _, x := range all {
		for range 1000 {
			x.TrySend(NewParcel(Message{Data: make([]byte, 500)}))
		}
	}
	if st := r.server.Stats(); st.Bytes > 30_000 || st.Bytes < 20_000 {
		t.Errorf("%+v", st)
	}
	// What may be lost leaves room for what may not.
	if err := all[0].Send(NewParcel(Message{Data: []byte("important")})); err != nil {
		t.Error(err)
	}
	// One parcel for all is held once.
	shared := NewParcel(Message{Data: make([]byte, 100)})
	before := r.server.Stats().Bytes
	for _, x := range all {
		_ = x.Send(shared)
	}
	if n := r.server.Stats().Bytes - before; n != shared.size {
		t.Errorf("a parcel of %d bytes for three is held as %d", shared.size, n)
	}
	for _, x := range all {
		x.end(errLost)
	}
	if st := r.server.Stats(); st != (Stats{}) || len(r.server.budget.byAddr) != 0 {
		t.Errorf("%+v", st)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	r := newRig(t, Options{SessionsPerAddr: 3})
	for range 3 {
		r.open("")
	}
	r.expect("GET", r.url+"&transport=polling", "", "", 429, "")
	r = newRig(t, Options{Sessions: 2})
	r.open("")
	r.open("")
	r.expect("GET", r.url+"&transport=polling", "", "", 503, "")
}

func TestOverlappingRequestsEndTheSession(t *testing.T) {
	r := newRig(t, Options{})
	url := r.open("") + "&transport=polling"
	status := make(chan int, 2)
	for range 2 {
		go func() {
			code, _ := r.do("GET", url, "", "")
			status <- code
		}()
	}
	if a, b := <-status, <-status; a+b != 600 {
		t.Errorf("two polls were answered by %d and %d", a, b)
	}
	r.ended(errOverlap)
}

func TestAbandonedPollsEndTheSession(t *testing.T) {
	r := newRig(t, Options{})
	url := r.open("") + "&transport=polling"
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	time.AfterFunc(50*time.Millisecond, cancel)
	if resp, err := r.client.Do(req); err == nil {
		resp.Body.Close()
	}
	r.ended(errLost)
}

// pipes accepts what is put into it: connections within a bubble.
type pipes chan net.Conn

func (l pipes) Accept() (net.Conn, error) {
	c, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l pipes) Close() error   { return nil }
func (l pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func TestSilentSessionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan error, 2)
		s := New(Options{Accept: func(x *Session, _ *http.Request) Handler { return echo{x, closed} }})
		l := make(pipes)
		server := &http.Server{Handler: s}
		go func() { _ = server.Serve(l) }()
		dial := func() *websocket.Conn {
			transport := &http.Transport{DisableKeepAlives: true}
			transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
				here, there := net.Pipe()
				l <- there
				return here, nil
			}
			conn, _, err := websocket.Dial(t.Context(), "ws://server/?EIO=3&transport=websocket", &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
			if err != nil {
				t.Fatal(err)
			}
			return conn
		}
		silent, lively := dial(), dial()
		hear(t, silent)
		hear(t, lively)
		for range 10 {
			time.Sleep(25 * time.Second)
			_ = lively.Write(t.Context(), websocket.MessageText, []byte("2"))
			hear(t, lively) // what is not read stops a pipe
		}
		if err := <-closed; err != errSilent {
			t.Errorf("the silent one ended by %v", err)
		}
		if st := s.Stats(); st.Sessions != 1 {
			t.Errorf("after 250 s: %+v", st)
		}
		_ = silent.CloseNow()
		_ = lively.CloseNow()
		_ = s.Close()
		close(l)
		_ = server.Close()
	})
}

func TestBucketPaces(t *testing.T) {
	b, now := newBucket(10, 3), time.Unix(0, 0)
	for i, want := range []time.Duration{0, 0, 0, 100 * time.Millisecond, 200 * time.Millisecond} {
		if d := b.take(now, 5); d != want {
			t.Errorf("packet %d waits %v, want %v", i, d, want)
		}
	}
	if d := b.take(now.Add(time.Minute), 64<<10); d != 200*time.Millisecond {
		t.Errorf("64 KiB after a rest wait %v: they cost five, three are there", d)
	}
}

// FuzzParsePayload holds that a stranger's bytes never panic, and that what is
// read is written the same way again.
func FuzzParsePayload(f *testing.F) {
	for _, s := range []string{"2:4a4:4é𝄞6:2probe", "6:b4AP8=", "1:", ":", "-1:2", "99999999999:4", "3:4a\xff"} {
		f.Add([]byte(s), false)
	}
	for _, s := range []string{"\x01\x03\xff\x04\x00\xff\x00\x03\xff4é", "\x01\xfd\x05\xff\x04", "\x00\xff", "\x01\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff"} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, binary bool) {
		packets, err := parsePayload(body, binary)
		if err != nil {
			return
		}
		for _, b64 := range []bool{false, true} {
			again, asBinary := appendPayload(nil, packets, b64)
			got, err := parsePayload(again, asBinary)
			if err != nil || len(got) != len(packets) {
				t.Fatalf("%q became %q: %v", body, again, err)
			}
			for i, p := range packets {
				if p.kind != got[i].kind || p.Binary != got[i].Binary || !bytes.Equal(p.Data, got[i].Data) {
					t.Fatalf("%q became %q: %v, then %v", body, again, p, got[i])
				}
			}
		}
	})
}

func TestUnitsEndStopsAtTheEnd(t *testing.T) {
	if _, ok := unitsEnd([]byte("é"), math.MaxInt32); ok {
		t.Error("one character has many")
	}
}
