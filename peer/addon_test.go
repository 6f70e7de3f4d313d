package peer_test

import (
	"context"
	"errors"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// counter counts connections while it is attached.
type counter struct {
	connected, detached int
	fails               error
	off                 func()
}

func (c *counter) Attach(_ context.Context, p *peer.Peer) error {
	c.off = peer.On(p, func(e raised) { c.connected += e.n })
	return c.fails
}

func (c *counter) Detach(context.Context, *peer.Peer) error {
	c.detached++
	if c.fails == nil {
		c.off()
	}
	return c.fails
}

func TestAddons(t *testing.T) {
	p := peertest.Exchange(t).Peer("a")
	c, broken := &counter{}, &counter{fails: errors.New("no disk")}
	if err := p.Attach(t.Context(), broken); !errors.Is(err, broken.fails) {
		t.Errorf("a failing addon: %v", err)
	}
	if err := p.Attach(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := p.Attach(t.Context(), c); err == nil {
		t.Error("attached twice")
	}
	if all := p.Addons(); len(all) != 1 || all[0] != c {
		t.Errorf("the addons are %v", all)
	}
	peer.Emit(p, raised{1})
	c.fails = errors.New("not now")
	if err := p.Detach(t.Context(), c); !errors.Is(err, c.fails) || len(p.Addons()) != 1 {
		t.Errorf("a failing detaching: %v, %d are left", err, len(p.Addons()))
	}
	c.fails = nil
	for range 2 {
		if err := p.Detach(t.Context(), c); err != nil {
			t.Error(err)
		}
	}
	peer.Emit(p, raised{1})
	if c.connected != 1 || c.detached != 2 || len(p.Addons()) != 0 {
		t.Errorf("counted %d, detached %d times", c.connected, c.detached)
	}
}
