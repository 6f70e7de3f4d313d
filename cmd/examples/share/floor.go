package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
)

// floor knows who may control. It has no goroutine: whoever owns it calls
// update whenever changed says so, and command for what a person types.
type floor struct {
	shared  *peer.OutboundStream
	out     io.Writer
	changed chan struct{} // capacity one: what changed is looked up

	viewers []*peer.Remote // in the order in which they came
	holder  *peer.Remote   // who controls, or nil
	taken   bool           // nobody shall control
}

func newFloor(host *peer.Peer, shared *peer.OutboundStream, out io.Writer) *floor {
	f := &floor{shared: shared, out: out, changed: make(chan struct{}, 1)}
	// Listeners are called from the goroutines of connections, and must not
	// block: they leave a note, and the rest is done in one place.
	peer.On(host, func(peer.StateChanged) { f.note() })
	return f
}

func (f *floor) note() {
	select {
	case f.changed <- struct{}{}:
	default: // there is one already
	}
}

// update notes who came and who went. When the holder went, control goes to
// who has waited longest.
func (f *floor) update() {
	now := f.shared.Viewers()
	f.viewers = slices.DeleteFunc(f.viewers, func(r *peer.Remote) bool {
		gone := !slices.Contains(now, r)
		if gone {
			fmt.Fprintln(f.out, name(r), "left")
		}
		return gone
	})
	for _, r := range now {
		if r.State() == peer.StateConnected && !slices.Contains(f.viewers, r) {
			fmt.Fprintln(f.out, name(r), "watches")
			f.viewers = append(f.viewers, r)
		}
	}
	if f.holder != nil && !slices.Contains(f.viewers, f.holder) {
		f.holder = nil
	}
	if f.holder == nil && !f.taken && len(f.viewers) > 0 {
		f.give(f.viewers[0])
	}
}

// give hands control to r, or to nobody when r is nil. It takes effect at
// once: what the holder has pressed goes up, and both are told.
func (f *floor) give(r *peer.Remote) {
	if !f.shared.Controllable() {
		return
	}
	if f.holder != nil && f.holder != r {
		f.level(f.holder, input.None)
		fmt.Fprintln(f.out, name(f.holder), "only watches now")
	}
	if f.holder = r; r != nil {
		f.level(r, input.All)
		fmt.Fprintln(f.out, name(r), "controls")
	}
}

// level sets what a viewer may do. One that has just gone away has nothing to
// lose, and the next update looks for another.
func (f *floor) level(r *peer.Remote, level input.Level) {
	if err := f.shared.SetPeerLevel(r, level); err != nil {
		f.note()
	}
}

// command does what a person typed.
func (f *floor) command(line string) {
	verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch verb {
	case "give":
		to, err := f.find(strings.TrimSpace(rest))
		if err != nil {
			fmt.Fprintln(f.out, err)
			return
		}
		f.taken = false
		f.give(to)
	case "take":
		f.taken = true
		f.give(nil)
	case "list":
		for _, r := range f.viewers {
			fmt.Fprintf(f.out, "%s from %s may use %v\n", name(r), r.Addr(), f.shared.PeerLevel(r))
		}
	case "":
	default:
		fmt.Fprintln(f.out, "type give NAME, take or list; Ctrl-C ends")
	}
}

// find is the viewer of that name, or the only one whose name begins so.
func (f *floor) find(wanted string) (*peer.Remote, error) {
	var found []*peer.Remote
	for _, r := range f.viewers {
		if name(r) == wanted {
			return r, nil
		}
		if strings.HasPrefix(name(r), wanted) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("nobody here is called %q; list tells who is", wanted)
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("%d viewers are called %q; type more of the name", len(found), wanted)
}

// name is what to call a viewer: its id, which the exchange gives to one peer
// at a time. Its ExternalID would be anything that it likes.
func name(r *peer.Remote) string { return r.ID() }
