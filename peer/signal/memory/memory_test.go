package memory_test

import (
	"errors"
	"net"
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
