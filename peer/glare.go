package peer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// withdraw takes our offer back. Pion knows no rollback (RFC 8829 §4.1.8.2),
// but an answer that says what was agreed before comes to the same. What our
// offer would have sent keeps the mids that it had there, which are ours
// alone, and so is in none of the other side's media sections by mistake; the
// next offer has it again.
func (r *Remote) withdraw() error {
	d := *r.pc.CurrentRemoteDescription()
	d.Type = webrtc.SDPTypeAnswer
	d.SDP = strings.ReplaceAll(d.SDP, "a=setup:actpass", "a=setup:active")
	if err := r.pc.SetRemoteDescription(d); err != nil {
		return fmt.Errorf("peer: taking an offer back: %w", err)
	}
	return nil
}

// yield leaves the connection to a Remote that answers m, the first offer of
// the other side, in the place of one whose first offer crossed with it: from
// a first offer there is no way back.
func (r *Remote) yield(m signal.Message) error {
	p := r.peer
	r.leaveStreams()
	room, _ := r.ns.Split()
	n := newcomer{
		ns: r.ns, terms: terms{Session: r.session},
		Join: Join{ID: r.id, Room: room, Addr: r.addr, Metadata: r.metadata},
	}
	successor, err := newRemote(p, n)
	if err != nil {
		return err
	}
	r.neg.mu.Lock()
	r.neg.successor = successor
	waiting := []signal.Message{m}
	for len(r.neg.inbox) > 0 {
		waiting = append(waiting, <-r.neg.inbox)
	}
	for _, m := range waiting {
		successor.deliver(m)
	}
	r.neg.mu.Unlock()
	if _, err := p.add(successor); err != nil {
		successor.discard()
		return err
	}
	successor.start(p.running())
	r.shut(errYielded, false)
	return nil
}

// errYielded ends a Remote in whose place there is another.
var errYielded = errors.New("peer: both sides offered; the other's offer counts")
