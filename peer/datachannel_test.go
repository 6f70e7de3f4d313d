package peer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/channel"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// pair is a host and a viewer, connected, and what they hear of data channels.
type pair struct {
	w                     *peertest.World
	host, viewer          *peer.Remote
	hostHears, viewerHear *peertest.Record[peer.DataChannelOpened]
}

func connected(t *testing.T, change ...func(*peer.Options)) pair {
	t.Helper()
	w := peertest.New(t, change...)
	viewer := w.Viewer("viewer")
	p := pair{w: w, hostHears: peertest.Listen[peer.DataChannelOpened](w.Host), viewerHear: peertest.Listen[peer.DataChannelOpened](viewer)}
	p.viewer = quiet(t, w, viewer)
	p.host = w.RemoteOf("viewer")
	return p
}

func open(t *testing.T, r *peer.Remote, label string, mode channel.Mode) *peer.DataChannel {
	t.Helper()
	c, err := r.CreateDataChannel(patient(t), label, mode)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// opened waits until a channel of that label has come.
func opened(t *testing.T, heard *peertest.Record[peer.DataChannelOpened], label string) *peer.DataChannel {
	t.Helper()
	return heard.Await(t, "the channel "+label+" comes", func(e peer.DataChannelOpened) bool { return e.Channel.Label() == label }).Channel
}

func receive(t *testing.T, c *peer.DataChannel) channel.Message {
	t.Helper()
	m, err := c.Next(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDataChannels(t *testing.T) {
	p := connected(t)
	for _, mode := range []channel.Mode{"", channel.Reliable, channel.Unreliable} {
		label := "a" + string(mode)
		here := open(t, p.viewer, label, mode)
		there := opened(t, p.hostHears, label)
		if mode == "" {
			mode = channel.Reliable
		}
		if here.Mode() != mode || there.Mode() != mode || here.Remote() != p.viewer || there.Remote() != p.host {
			t.Errorf("%s: the modes are %s and %s", label, here.Mode(), there.Mode())
		}
		if p.viewer.DataChannels()[label] != here || p.host.DataChannels()[label] != there {
			t.Errorf("%s is not in the maps", label)
		}
		if err := here.SendText(t.Context(), "to the host"); err != nil {
			t.Fatal(err)
		}
		if err := there.Send(t.Context(), []byte("to the viewer")); err != nil {
			t.Fatal(err)
		}
		if m := receive(t, there); !m.Text || string(m.Data) != "to the host" {
			t.Errorf("%s: the host got %+v", label, m)
		}
		if m := receive(t, here); m.Text || string(m.Data) != "to the viewer" {
			t.Errorf("%s: the viewer got %+v", label, m)
		}
	}
}

func TestLongMessagesAndRequestsGoBothWays(t *testing.T) {
	p := connected(t)
	here := open(t, p.viewer, "files", channel.Reliable)
	there := opened(t, p.hostHears, "files")
	long := bytes.Repeat([]byte("0123456789abcdef"), 5<<20/16)
	var both sync.WaitGroup
	defer both.Wait()
	for _, ends := range [][2]*peer.DataChannel{{here, there}, {there, here}} {
		both.Go(func() {
			if err := ends[0].Send(patient(t), long); err != nil {
				t.Error(err)
			}
		})
		both.Go(func() {
			if m, err := ends[1].Next(patient(t)); err != nil || !bytes.Equal(m.Data, long) {
				t.Errorf("a message of %d bytes came, %v", len(m.Data), err)
			}
		})
	}
	both.Wait()
	for _, ends := range [][2]*peer.DataChannel{{here, there}, {there, here}} {
		both.Go(func() {
			m, err := ends[1].Next(patient(t))
			if err == nil {
				err = m.Respond(patient(t), append([]byte("re: "), m.Data...))
			}
			if err != nil {
				t.Error(err)
			}
		})
		if got, err := ends[0].Request(patient(t), []byte("question")); err != nil || string(got) != "re: question" {
			t.Errorf("the answer is %q, %v", got, err)
		}
		both.Wait()
	}
}

func TestOneChannelOfALabel(t *testing.T) {
	p := connected(t)
	here := open(t, p.viewer, "chat", channel.Reliable)
	there := opened(t, p.hostHears, "chat")
	for side, r := range map[string]*peer.Remote{"viewer": p.viewer, "host": p.host} {
		_, err := r.CreateDataChannel(patient(t), "chat", channel.Reliable)
		if refusal, ok := errors.AsType[*peer.Reject](err); !ok || refusal.Code != peer.CodeTaken {
			t.Errorf("a second one by the %s: %v, want taken", side, err)
		}
	}
	// The first one still works, and its label is free after it.
	if err := here.SendText(t.Context(), "hi"); err != nil {
		t.Fatal(err)
	}
	receive(t, there)
	_ = here.Close()
	if _, err := there.Next(patient(t)); err == nil {
		t.Error("the other side's end goes on")
	}
	peertest.Eventually(t, "the label is free", func() bool {
		return len(p.viewer.DataChannels()) == 0 && len(p.host.DataChannels()) == 0
	})
	again := open(t, p.host, "chat", channel.Reliable)
	other := opened(t, p.viewerHear, "chat")
	if err := again.SendText(t.Context(), "again"); err != nil {
		t.Fatal(err)
	}
	receive(t, other)
}

// Both sides open channels at once, of different labels and of the same. Of
// two with the same label each side keeps at most its own.
func TestBothSidesOpenChannelsAtOnce(t *testing.T) {
	p := connected(t)
	var all sync.WaitGroup
	for i := range 20 {
		for side, r := range []*peer.Remote{p.viewer, p.host} {
			all.Go(func() {
				c, err := r.CreateDataChannel(patient(t), fmt.Sprintf("%d of %d", i, side), channel.Reliable)
				if err == nil {
					err = c.SendText(patient(t), c.Label())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	for i := range 20 {
		for side, heard := range []*peertest.Record[peer.DataChannelOpened]{p.hostHears, p.viewerHear} {
			label := fmt.Sprintf("%d of %d", i, side)
			if m := receive(t, opened(t, heard, label)); string(m.Data) != label {
				t.Errorf("%s got %q", label, m.Data)
			}
		}
	}
	for range 20 {
		var same sync.WaitGroup
		for _, r := range []*peer.Remote{p.viewer, p.host} {
			same.Go(func() {
				c, err := r.CreateDataChannel(patient(t), "same", channel.Reliable)
				refusal, ok := errors.AsType[*peer.Reject](err)
				if err != nil && (!ok || refusal.Code != peer.CodeTaken) {
					t.Errorf("two at once: %v", err)
				}
				if err == nil {
					_ = c.Close()
				}
			})
		}
		same.Wait()
		peertest.Eventually(t, "the label is free at both ends", func() bool {
			return p.viewer.DataChannels()["same"] == nil && p.host.DataChannels()["same"] == nil
		})
	}
}

func TestChannelsAreLimited(t *testing.T) {
	p := connected(t)
	var all []*peer.DataChannel
	for {
		c, err := p.viewer.CreateDataChannel(patient(t), fmt.Sprint(len(all)), channel.Unreliable)
		if err != nil {
			if refusal, ok := errors.AsType[*peer.Reject](err); !ok || refusal.Code != peer.CodeLimit {
				t.Fatalf("after %d: %v, want limit", len(all), err)
			}
			break
		}
		all = append(all, c)
	}
	if len(all) < 50 || len(all) > 64 {
		t.Errorf("%d channels", len(all))
	}
	open(t, p.host, "the other half", channel.Reliable)
	for _, c := range all {
		_ = c.Close()
	}
	for i := range 200 { // each id is used several times
		label := fmt.Sprintf("again %d", i)
		var here *peer.DataChannel
		peertest.Eventually(t, "there is room again", func() bool {
			var err error
			here, err = p.viewer.CreateDataChannel(patient(t), label, channel.Reliable)
			return err == nil
		})
		there := opened(t, p.hostHears, label)
		if err := here.SendText(t.Context(), label); err != nil {
			t.Fatal(err)
		}
		if m := receive(t, there); string(m.Data) != label {
			t.Fatalf("%s got %q", label, m.Data)
		}
		_ = here.Close()
	}
}

func TestChannelsThatCannotBe(t *testing.T) {
	p := connected(t)
	for label, mode := range map[string]channel.Mode{"": channel.Reliable, strings.Repeat("x", 129): channel.Reliable, "mode": "sometimes"} {
		if _, err := p.viewer.CreateDataChannel(patient(t), label, mode); err == nil {
			t.Errorf("a channel %q of mode %q", label, mode)
		}
	}
}

func TestChannelsEndWithTheConnection(t *testing.T) {
	p := connected(t)
	here := open(t, p.viewer, "chat", channel.Reliable)
	there := opened(t, p.hostHears, "chat")
	if err := there.SendText(t.Context(), "the last word"); err != nil {
		t.Fatal(err)
	}
	peertest.Eventually(t, "it arrives", func() bool { return p.viewer.State() == peer.StateConnected })
	if m := receive(t, here); string(m.Data) != "the last word" {
		t.Errorf("got %q", m.Data)
	}
	_ = p.viewer.Close()
	<-here.Done()
	<-there.Done()
	if _, err := p.viewer.CreateDataChannel(patient(t), "late", channel.Reliable); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a channel on a closed connection: %v", err)
	}
	if _, err := p.viewer.CreateStream(patient(t), peer.StreamOptions{}); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a stream on a closed connection: %v", err)
	}
}
