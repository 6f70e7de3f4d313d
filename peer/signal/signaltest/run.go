package signaltest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// Patience is how long a test waits for what should happen at once.
const Patience = 20 * time.Second

// Promise is something of [signal.Conn] that not every transport can keep.
type Promise string

// Claims is that the exchange refuses an id which another connection has, and
// hands it over by its secret. It takes a server that knows of claims.
const Claims Promise = "claims"

// Run tests an exchange. dial opens another connection to it; Run closes it.
// The exchange has nobody in rooms whose names begin with "test". What the
// transport is without is not tested.
func Run(t *testing.T, dial func(t *testing.T) signal.Conn, without ...Promise) {
	for _, test := range []struct {
		name  string
		needs Promise
		run   func(*testing.T, *exchange)
	}{
		{"direct", "", testDirect},
		{"room", "", testRoom},
		{"rooms", "", testRooms},
		{"denied", "", testDenied},
		{"taken", Claims, testTaken},
		{"takeover", Claims, testTakeover},
		{"absent", "", testAbsent},
		{"large", "", testLarge},
		{"close", "", testClose},
	} {
		if slices.Contains(without, test.needs) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			test.run(t, &exchange{dial: dial, room: "test-" + test.name})
		})
	}
}

type exchange struct {
	dial func(t *testing.T) signal.Conn
	room string
}

// member connects a peer and claims its id in the test's room.
func (x *exchange) member(t *testing.T, id, secret string) signal.Conn {
	t.Helper()
	c := x.open(t)
	if err := c.Subscribe(t.Context(), signal.Direct(x.room, id), secret); err != nil {
		t.Fatalf("%s subscribes: %v", id, err)
	}
	x.settle(t, c, id)
	return c
}

// settle waits until the exchange has acted on all that c sent: it publishes
// to nobody, and reads up to the refusal.
func (x *exchange) settle(t *testing.T, c signal.Conn, id string) {
	t.Helper()
	err := publish(c, signal.Direct(x.room, "nobody"), id, "ping")
	if err == nil {
		_, _, err = receive(t, c)
	}
	if !errors.Is(err, signal.ErrAbsent) {
		t.Fatalf("%s is not in the room: %v", id, err)
	}
}

func (x *exchange) open(t *testing.T) signal.Conn {
	t.Helper()
	c := x.dial(t)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func publish(c signal.Conn, ns signal.Namespace, id, typ string) error {
	return c.Publish(context.Background(), ns, signal.Message{Type: typ, ID: id, Data: []byte(`{"a":"<&>"}`)})
}

func receive(t *testing.T, c signal.Conn) (signal.Namespace, signal.Message, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	return c.Receive(ctx)
}

// refused fails the test unless err, or the next Receive, is the refusal.
func refused(t *testing.T, c signal.Conn, err, want error) {
	t.Helper()
	if err == nil {
		_, _, err = receive(t, c)
	}
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func expect(t *testing.T, c signal.Conn, ns signal.Namespace, id, typ string) {
	t.Helper()
	gotNS, m, err := receive(t, c)
	if err != nil || gotNS != ns || m.ID != id || m.Type != typ || string(m.Data) != `{"a":"<&>"}` {
		t.Fatalf("received %s %+v, %v; want %s from %s to %s", gotNS, m, err, typ, id, ns)
	}
}

func testDirect(t *testing.T, x *exchange) {
	a, b := x.member(t, "a", ""), x.member(t, "b", "")
	for i := range 20 {
		typ := "n" + strings.Repeat("x", i)
		if err := publish(a, signal.Direct(x.room, "b"), "a", typ); err != nil {
			t.Fatal(err)
		}
		expect(t, b, signal.Direct(x.room, "b"), "a", typ)
	}
	if err := publish(b, signal.Direct(x.room, "a"), "b", "answer"); err != nil {
		t.Fatal(err)
	}
	expect(t, a, signal.Direct(x.room, "a"), "b", "answer")
}

func testRoom(t *testing.T, x *exchange) {
	a, b, c := x.member(t, "a", ""), x.member(t, "b", ""), x.member(t, "c", "")
	for id, m := range map[string]signal.Conn{"a": a, "b": b, "c": c} {
		if err := m.Subscribe(t.Context(), signal.Room(x.room), ""); err != nil {
			t.Fatal(err)
		}
		x.settle(t, m, id)
	}
	if err := publish(a, signal.Room(x.room), "a", "join"); err != nil {
		t.Fatal(err)
	}
	expect(t, b, signal.Room(x.room), "a", "join")
	expect(t, c, signal.Room(x.room), "a", "join")
	if err := b.Unsubscribe(t.Context(), signal.Room(x.room)); err != nil {
		t.Fatal(err)
	}
	x.settle(t, b, "b")
	_ = publish(a, signal.Room(x.room), "a", "again")
	_ = publish(a, signal.Direct(x.room, "b"), "a", "last")
	expect(t, c, signal.Room(x.room), "a", "again")
	expect(t, b, signal.Direct(x.room, "b"), "a", "last")
}

// One connection may be in several rooms, under a name in each.
func testRooms(t *testing.T, x *exchange) {
	a, b := x.member(t, "a", ""), x.member(t, "b", "")
	other := x.room + "-other"
	for id, m := range map[string]signal.Conn{"a2": a, "b2": b} {
		for _, ns := range []signal.Namespace{signal.Room(other), signal.Direct(other, id)} {
			if err := m.Subscribe(t.Context(), ns, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	x.settle(t, a, "a")
	x.settle(t, b, "b")
	_ = publish(a, signal.Direct(x.room, "b"), "a", "first")
	_ = publish(a, signal.Room(other), "a2", "join")
	_ = publish(a, signal.Direct(other, "b2"), "a2", "offer")
	expect(t, b, signal.Direct(x.room, "b"), "a", "first")
	expect(t, b, signal.Room(other), "a2", "join")
	expect(t, b, signal.Direct(other, "b2"), "a2", "offer")
	refused(t, a, publish(a, signal.Room(other), "a", "join"), signal.ErrDenied)
	refused(t, a, publish(a, signal.Room(x.room), "a2", "join"), signal.ErrDenied)
	if err := a.Unsubscribe(t.Context(), signal.Direct(other, "a2")); err != nil {
		t.Fatal(err)
	}
	refused(t, a, publish(a, signal.Room(other), "a2", "join"), signal.ErrDenied)
	x.settle(t, a, "a")
}

func testDenied(t *testing.T, x *exchange) {
	a, stranger := x.member(t, "a", ""), x.open(t)
	refused(t, stranger, publish(stranger, signal.Direct(x.room, "a"), "s", "join"), signal.ErrDenied)
	refused(t, a, publish(a, signal.Direct(x.room, "a"), "b", "join"), signal.ErrDenied)
	refused(t, a, publish(a, signal.Room(x.room+"-other"), "a", "join"), signal.ErrDenied)
	refused(t, a, a.Subscribe(t.Context(), signal.Direct(x.room, "b"), ""), signal.ErrDenied)
	refused(t, a, a.Publish(t.Context(), signal.Direct(x.room, "a"), signal.Message{Type: "UPPER", ID: "a"}), signal.ErrSyntax)
}

func testTaken(t *testing.T, x *exchange) {
	a := x.member(t, "a", "right")
	for _, secret := range []string{"", "wrong"} {
		c := x.open(t)
		refused(t, c, c.Subscribe(t.Context(), signal.Direct(x.room, "a"), secret), signal.ErrTaken)
	}
	x.member(t, "open", "")
	c := x.open(t)
	refused(t, c, c.Subscribe(t.Context(), signal.Direct(x.room, "open"), ""), signal.ErrTaken)
	x.settle(t, a, "a")
}

func testTakeover(t *testing.T, x *exchange) {
	x.member(t, "a", "secret")
	b, next := x.member(t, "b", ""), x.member(t, "a", "secret")
	if err := publish(b, signal.Direct(x.room, "a"), "b", "hello"); err != nil {
		t.Fatal(err)
	}
	expect(t, next, signal.Direct(x.room, "a"), "b", "hello")
}

func testAbsent(t *testing.T, x *exchange) {
	a := x.member(t, "a", "")
	var e *signal.Error
	err := publish(a, signal.Direct(x.room, "gone"), "a", "join")
	if err == nil {
		_, _, err = receive(t, a)
	}
	if !errors.As(err, &e) || e.Code != signal.CodeAbsent || e.Namespace != signal.Direct(x.room, "gone") {
		t.Fatalf("got %v, want absent and the namespace", err)
	}
}

func testLarge(t *testing.T, x *exchange) {
	a, b := x.member(t, "a", ""), x.member(t, "b", "")
	data := fmt.Appendf(nil, "%q", strings.Repeat("x", signal.MaxFrame-200))
	if err := a.Publish(t.Context(), signal.Direct(x.room, "b"), signal.Message{Type: "offer", ID: "a", Data: data}); err != nil {
		t.Fatal(err)
	}
	if _, m, err := receive(t, b); err != nil || len(m.Data) != len(data) {
		t.Fatalf("received %d bytes, %v", len(m.Data), err)
	}
	data = fmt.Appendf(nil, "%q", strings.Repeat("x", signal.MaxFrame))
	err := a.Publish(t.Context(), signal.Direct(x.room, "b"), signal.Message{Type: "offer", ID: "a", Data: data})
	refused(t, a, err, signal.ErrSyntax)
}

func testClose(t *testing.T, x *exchange) {
	a := x.member(t, "a", "")
	received := make(chan error)
	go func() {
		_, _, err := a.Receive(context.Background())
		received <- err
	}()
	for range 2 {
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-received; !errors.Is(err, net.ErrClosed) {
		t.Fatalf("a blocked Receive returned %v", err)
	}
	if err := publish(a, signal.Room(x.room), "a", "join"); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("Publish after Close returned %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := x.member(t, "b", "")
	if _, _, err := b.Receive(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("Receive with a context that is done returned %v", err)
	}
}
