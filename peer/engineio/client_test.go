package engineio

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func dialClient(t *testing.T, r *rig) *Client {
	t.Helper()
	c, err := Dial(t.Context(), r.url, DialOptions{HTTP: r.client, MaxMessage: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	expectMessage(t, c, Message{Data: []byte("hello")})
	return c
}

func expectMessage(t *testing.T, c *Client, want Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, err := c.Receive(ctx)
	if err != nil || m.Binary != want.Binary || !bytes.Equal(m.Data, want.Data) {
		t.Fatalf("%v %.100q, %v; want %.100q", m.Binary, m.Data, err, want.Data)
	}
}

func TestClientsExchangeMessages(t *testing.T) {
	r := newRig(t, Options{PingInterval: 100 * time.Millisecond, PingTimeout: patience})
	c := dialClient(t, r)
	long := Message{Binary: true, Data: bytes.Repeat([]byte{0, 255}, 1<<19)}
	for _, m := range []Message{{Data: []byte("é☃😀")}, {Data: []byte{}}, {Binary: true, Data: []byte{4, 0, 255}}, long} {
		if err := c.Send(m, m); err != nil {
			t.Fatal(err)
		}
		expectMessage(t, c, m)
		expectMessage(t, c, m)
	}
	// What was sent is written before the end.
	if err := c.Send(long, Message{Data: []byte("last")}); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	r.ended(ErrByClient)
	if err := c.Send(long); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := c.Receive(t.Context()); err == nil {
		t.Error("a message came after the end")
	}
}

func TestClientsAreToldOfTheEnd(t *testing.T) {
	r := newRig(t, Options{})
	c := dialClient(t, r)
	go r.server.Close()
	if _, err := c.Receive(t.Context()); !errors.Is(err, ErrByServer) {
		t.Error(err)
	}
}

// silent opens a session and says no more.
func silent(t *testing.T, first string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		conn.SetReadLimit(-1)
		_ = conn.Write(r.Context(), websocket.MessageText, []byte(first))
		for err == nil {
			_, _, err = conn.Read(r.Context())
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestClientsLeaveServersThatDoNotAnswer(t *testing.T) {
	c, err := Dial(t.Context(), silent(t, `0{"pingInterval":-5,"pingTimeout":0}`), DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := c.Receive(ctx); err == nil || ctx.Err() != nil {
		t.Error("the client waits for a server that is not there")
	}
	for _, first := range []string{"", "3", "40", "0", "0[]", `0{"pingInterval":"x"}`, "b0e30=", "\xff"} {
		if c, err := Dial(t.Context(), silent(t, first), DialOptions{}); err == nil {
			t.Errorf("%q opened a session", first)
			_ = c.Close()
		}
	}
}

func TestClientsKeepOnlySoMuch(t *testing.T) {
	c, err := Dial(t.Context(), silent(t, `0{"pingInterval":600000,"pingTimeout":600000}`), DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	many := make([]Message, clientQueue+1)
	if err := c.Send(many...); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if err := c.Send(Message{Data: make([]byte, clientBytes)}); err != nil {
		t.Error(err) // one always finds room
	}
}
