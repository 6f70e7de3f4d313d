package memory_test

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/memory"
	"github.com/causeway-rtc/causeway/peer/signal/signaltest"
)

func TestConformance(t *testing.T) {
	bus := memory.New(memory.Options{})
	signaltest.Run(t, func(t *testing.T) signal.Conn { return dial(t, bus, "") })
}

func dial(t *testing.T, bus *memory.Bus, addr string) *memory.Conn {
	t.Helper()
	c, err := signal.Dial(t.Context(), []signal.Driver{bus.Driver()}, "memory://"+addr, signal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c.(*memory.Conn)
}

func TestAddressIsTheSenders(t *testing.T) {
	bus := memory.New(memory.Options{})
	a, b := dial(t, bus, "192.0.2.1"), dial(t, bus, "")
	_ = a.Subscribe(t.Context(), "r:a", "")
	_ = b.Subscribe(t.Context(), "r:b", "")
	if err := a.Publish(t.Context(), "r:b", signal.Message{Type: "join", ID: "a", Addr: "forged"}); err != nil {
		t.Fatal(err)
	}
	if _, m, err := b.Receive(t.Context()); err != nil || m.Addr != "192.0.2.1" {
		t.Errorf("the message came from %q, %v", m.Addr, err)
	}
}

func TestFloodIsRefusedAndOthersAreHeard(t *testing.T) {
	bus := memory.New(memory.Options{Queue: 8})
	flooder, friend, host := dial(t, bus, ""), dial(t, bus, ""), dial(t, bus, "")
	for ns, c := range map[signal.Namespace]*memory.Conn{"r:f": flooder, "r:a": friend, "r:h": host} {
		if err := c.Subscribe(t.Context(), ns, ""); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []error{nil, nil, signal.ErrLimit, signal.ErrLimit} {
		if err := flooder.Publish(t.Context(), "r:h", signal.Message{Type: "join", ID: "f"}); !errors.Is(err, want) {
			t.Errorf("message %d: %v, want %v", i, err, want)
		}
	}
	if err := friend.Publish(t.Context(), "r:h", signal.Message{Type: "join", ID: "a"}); err != nil {
		t.Errorf("another sender: %v", err)
	}
	for _, id := range []string{"f", "f", "a"} {
		if _, m, err := host.Receive(t.Context()); err != nil || m.ID != id {
			t.Errorf("received %+v, %v, want one from %s", m, err, id)
		}
	}
	if err := flooder.Publish(t.Context(), "r:h", signal.Message{Type: "join", ID: "f"}); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}

func TestBytesThatWaitAreBounded(t *testing.T) {
	bus := memory.New(memory.Options{QueueBytes: 1 << 20, Bytes: 3 << 20})
	m := signal.Message{Type: "offer", Data: []byte(`"` + strings.Repeat("x", 100_000) + `"`)}
	join := func(id string) *memory.Conn {
		c := dial(t, bus, "")
		if err := c.Subscribe(t.Context(), signal.Direct("r", id), ""); err != nil {
			t.Fatal(err)
		}
		return c
	}
	var receivers, senders []*memory.Conn
	for i := range 5 {
		receivers = append(receivers, join(fmt.Sprint("to", i)))
	}
	for i := range 10 {
		senders = append(senders, join(fmt.Sprint("from", i)))
	}
	waiting := map[string]int{} // by receiver
	for i := range receivers {
		to := fmt.Sprint("to", i)
		for j, sender := range senders {
			m.ID = fmt.Sprint("from", j)
			for k := 0; sender.Publish(t.Context(), signal.Direct("r", to), m) == nil; k++ {
				if k == 2 {
					t.Fatal("one sender filled more than a quarter")
				}
				waiting[to]++
			}
		}
	}
	if want := map[string]int{"to0": 10, "to1": 10, "to2": 10, "to3": 1}; !maps.Equal(waiting, want) {
		t.Errorf("waiting are %v, want %v", waiting, want)
	}
	// What is received, and what waits for those that leave, makes room.
	if _, _, err := receivers[0].Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = receivers[1].Close()
	last := join("last")
	m.ID = "last"
	for _, to := range []signal.Namespace{"r:to0", "r:to3", "r:to4"} {
		if err := last.Publish(t.Context(), to, m); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// Peers of other systems send their token to the whole room, and with each
// offer. In a host's room it must not reach another viewer.
func TestTokenIsForTheHostAlone(t *testing.T) {
	bus := memory.New(memory.Options{})
	host, viewer, spy := dial(t, bus, ""), dial(t, bus, ""), dial(t, bus, "")
	for id, c := range map[string]*memory.Conn{"desk": host, "viewer": viewer, "spy": spy} {
		for _, room := range []string{"desk", "mesh"} {
			if err := errors.Join(c.Subscribe(t.Context(), signal.Room(room), ""), c.Subscribe(t.Context(), signal.Direct(room, id), "")); err != nil {
				t.Fatal(err)
			}
		}
	}
	const secret, open = `{"a":"<","token":"t","Token":"t"}`, `{"a":"<"}`
	m := signal.Message{Type: "join", ID: "viewer", Metadata: []byte(secret)}
	for _, test := range []struct {
		to      signal.Namespace
		by      map[*memory.Conn]string
		present bool
	}{
		{"desk", map[*memory.Conn]string{host: secret, spy: open}, true},
		{"desk:desk", map[*memory.Conn]string{host: secret}, true},
		{"desk:spy", map[*memory.Conn]string{spy: open}, true},
		{"mesh", map[*memory.Conn]string{host: secret, spy: secret}, true},
		{"desk", map[*memory.Conn]string{spy: secret}, false}, // a room without a host
	} {
		if !test.present {
			_ = host.Close()
		}
		if err := viewer.Publish(t.Context(), test.to, m); err != nil {
			t.Fatal(err)
		}
		for c, want := range test.by {
			if _, got, err := c.Receive(t.Context()); err != nil || string(got.Metadata) != want {
				t.Errorf("to %s was received %s, %v; want %s", test.to, got.Metadata, err, want)
			}
		}
	}
}

func TestDefaultIsOneForAll(t *testing.T) {
	bus := memory.Default()
	if other := memory.Default(); bus == nil || bus != other {
		t.Error("there is more than one")
	}
}

func TestSubscriptionsAreBounded(t *testing.T) {
	bus := memory.New(memory.Options{Subscriptions: 2})
	a := dial(t, bus, "")
	for i, want := range []error{nil, nil, signal.ErrLimit} {
		if err := a.Subscribe(t.Context(), signal.Room([]string{"x", "y", "z"}[i]), ""); !errors.Is(err, want) {
			t.Errorf("subscription %d: %v, want %v", i, err, want)
		}
	}
}

func TestClaimIsHeldForItsOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := memory.New(memory.Options{Hold: time.Minute})
		claim := func(secret string) (*memory.Conn, error) {
			c := dial(t, bus, "")
			return c, c.Subscribe(t.Context(), "desk:desk", secret)
		}
		host, err := claim("secret")
		if err != nil {
			t.Fatal(err)
		}
		host.Break()
		if _, err := claim("other"); !errors.Is(err, signal.ErrTaken) {
			t.Errorf("another took the name of a host that was away: %v", err)
		}
		if host, err = claim("secret"); err != nil {
			t.Errorf("the host did not get its name back: %v", err)
		}
		host.Break()
		time.Sleep(time.Minute)
		if host, err = claim("other"); err != nil {
			t.Errorf("the name was not free after its time: %v", err)
		}
		_ = host.Close()
		if _, err = claim("third"); err != nil {
			t.Errorf("the name was not free after its owner left: %v", err)
		}
	})
}

func TestCloseClosesAll(t *testing.T) {
	bus := memory.New(memory.Options{})
	a := dial(t, bus, "")
	_ = bus.Close()
	if _, _, err := a.Receive(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Receive returned %v", err)
	}
	if _, err := bus.Dial(""); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Dial returned %v", err)
	}
}
