package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/peer/signal"
)

// The bounds of what a remote may say while it negotiates.
const (
	// MaxSDP is the longest description in bytes.
	MaxSDP = 64 << 10
	// MaxCandidates is how many ICE candidates a remote may have, those that
	// wait for its description and those in it counted.
	MaxCandidates = 64
	// MaxSections is how many media sections a description may have: one for
	// the data, and two for each stream of either side.
	MaxSections = 1 + 2*2*maxStreams

	inboxLen = MaxCandidates + 16
	// gatherWithin is how long an offer waits for candidates. Those of a Port
	// are known at once, and save a round trip in it; those of a STUN server
	// follow by themselves.
	gatherWithin = 50 * time.Millisecond
)

// negotiator is the part of a Remote that negotiates: perfect negotiation as
// in WebRTC §10.7. But for inbox and the candidates found, it belongs to the
// goroutine of Remote.negotiate.
type negotiator struct {
	inbox chan signal.Message // bounded; a remote that fills it is closed
	want  chan bool           // an offer is wanted; true restarts ICE
	gone  chan struct{}       // capacity one: the exchange knows no such peer

	queued     []webrtc.ICECandidateInit // before the remote description
	candidates int                       // of the remote so far
	passive    bool                      // in DTLS, by the answer to our first offer
	tcp        []webrtc.ICECandidateInit // of ours, not sent yet
	tcpDue     <-chan time.Time          // when they are; nil when there are none
	late       *time.Timer               // ends the wait for the answer to our last offer
	offered    int64                     // what changes was at our last offer
	agreed     atomic.Int64              // and at the last that was answered
	changes    atomic.Int64              // of what we want to send, so far
	mids       atomic.Int64              // given out by us
	describing sync.Mutex                // held while the connection's sections change, or are described

	mu        sync.Mutex
	successor *Remote                   // has our place
	found     []webrtc.ICECandidateInit // of ours, to be sent
	ready     chan struct{}             // capacity one: there are some
}

func newNegotiator() negotiator {
	late := time.NewTimer(time.Hour)
	late.Stop()
	return negotiator{
		late:  late,
		inbox: make(chan signal.Message, inboxLen),
		want:  make(chan bool, 1),
		gone:  make(chan struct{}, 1),
		ready: make(chan struct{}, 1),
	}
}

// offerSoon asks for an offer.
func (n *negotiator) offerSoon(restart bool) {
	select {
	case n.want <- restart:
	default:
	}
}

// deliver queues a message of the remote.
func (r *Remote) deliver(m signal.Message) {
	r.neg.mu.Lock()
	defer r.neg.mu.Unlock()
	if r.neg.successor != nil {
		r.neg.successor.deliver(m)
		return
	}
	select {
	case r.neg.inbox <- m:
	default:
		r.shut(errors.New("peer: the remote sent too many messages"), true)
	}
}

// absent is called when the exchange does not know the remote.
func (r *Remote) absent() { wake(r.neg.gone) }

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// negotiate acts on the remote's messages and our wishes until the end.
func (r *Remote) negotiate() {
	deadline := time.NewTimer(r.peer.o.ConnectTimeout)
	defer deadline.Stop()
	restart := time.NewTimer(time.Hour)
	defer restart.Stop()
	defer r.neg.late.Stop()
	for {
		state, changed := r.stateNow()
		if state == StateConnected {
			deadline.Stop()
		}
		restart.Stop()
		if state == StateDisconnected {
			restart.Reset(restartAfter)
		}
		var err error
		select {
		case <-r.ctx.Done():
			return
		case <-changed:
		case <-deadline.C:
			err = errTimeout
		case <-r.neg.late.C:
			// Nothing that is to be sent from now on would be agreed to.
			err = errTimeout
		case <-restart.C:
			err = r.offer(true)
		case again := <-r.neg.want:
			err = r.offer(again)
		case <-r.neg.ready:
			err = r.trickle("")
		case <-r.neg.tcpDue:
			err = r.tryTCP()
		case <-r.neg.gone:
			if state == StateNew {
				err = ErrAbsent
			}
		case m := <-r.neg.inbox:
			err = r.handle(m)
		}
		if err != nil {
			r.giveUp(err)
			return
		}
	}
}

// errTimeout is why a connection ends that did not come about in time, or on
// which an offer was not answered.
var errTimeout = errors.New("peer: the remote did not connect or answer in time")

// giveUp ends the connection for err, and tells a viewer that it was refused.
func (r *Remote) giveUp(err error) {
	if errors.Is(err, errTimeout) {
		r.problem(ErrorTimeout, err)
	}
	if refusal, ok := errors.AsType[*Reject](err); ok && r.opening {
		r.peer.reject(r.ctx, r.ns, refusal)
		r.shut(err, false)
		return
	}
	r.shut(err, true)
}

// handle acts on one message. An error ends the connection.
func (r *Remote) handle(m signal.Message) error {
	switch m.Type {
	case "offer":
		return r.report(ErrorOffer, r.describe(m))
	case "answer":
		return r.report(ErrorAnswer, r.describe(m))
	case "candidate":
		return r.report(ErrorCandidate, r.candidate(m.Data))
	case "leave":
		r.shut(errors.New("peer: the other side left"), false)
		return nil
	case "reject":
		return r.rejected(m.Data)
	}
	return nil
}

// report tells the application of err, and returns it.
func (r *Remote) report(code ErrorCode, err error) error {
	if err != nil {
		r.problem(code, err)
	}
	return err
}

// rejected is the other side's refusal of our join or offer.
func (r *Remote) rejected(data []byte) error {
	var d rejectData
	if json.Unmarshal(data, &d) != nil {
		return nil
	}
	const maxWait = 24 * 60 * 60
	wait := time.Duration(min(max(d.RetryAfter, 0), maxWait) * float64(time.Second))
	return &Reject{Code: d.Code, Message: d.Message, RetryAfter: wait}
}

// describe acts on an offer or an answer.
func (r *Remote) describe(m signal.Message) error {
	if len(m.Data) > 2*MaxSDP { // escapes make it longer
		return fmt.Errorf("peer: the %s has %d bytes", m.Type, len(m.Data))
	}
	var d description
	if err := json.Unmarshal(m.Data, &d); err != nil {
		return fmt.Errorf("peer: the %s: %w", m.Type, err)
	}
	n := strings.Count(d.SDP, "a=candidate:")
	if m := mediaSections(d.SDP); len(d.SDP) > MaxSDP || n > MaxCandidates || m > MaxSections {
		return fmt.Errorf("peer: the %s has %d bytes, %d candidates and %d media sections", d.Type, len(d.SDP), n, m)
	}
	switch {
	case m.Type == "offer" && d.Type == webrtc.SDPTypeOffer:
		first := r.pc.CurrentRemoteDescription() == nil
		if r.pc.PendingLocalDescription() != nil {
			// Of two offers that cross, that of the smaller id counts. The
			// other peer is polite, and takes its own back.
			if r.peer.o.ID < r.id {
				return nil
			}
			if first {
				return r.yield(m)
			}
		}
		if first && !r.opening {
			r.meet(d.terms)
		}
		return r.answer(d.SessionDescription, n)
	case m.Type == "answer" && d.Type == webrtc.SDPTypeAnswer:
		if r.pc.SignalingState() != webrtc.SignalingStateHaveLocalOffer {
			return nil // to an offer that was withdrawn
		}
		if offered := mediaSections(r.pc.PendingLocalDescription().SDP); mediaSections(d.SDP) != offered {
			return fmt.Errorf("peer: the answer does not have the offer's %d media sections", offered)
		}
		if r.pc.CurrentRemoteDescription() == nil {
			r.neg.passive = strings.Contains(d.SDP, "a=setup:active")
		}
		r.neg.describing.Lock()
		err := r.setRemote(d.SessionDescription, n)
		r.neg.describing.Unlock()
		if err != nil {
			return err
		}
		r.neg.late.Stop()
		r.neg.agreed.Store(r.neg.offered)
		if r.State() == StateConnected {
			r.letTracksSend()
		}
		return r.settle()
	}
	return fmt.Errorf("peer: the %s holds an SDP of type %s", m.Type, d.Type)
}

// description is the data of an offer or an answer.
type description struct {
	webrtc.SessionDescription
	terms
}

// meet takes what the other side says of itself in its first offer.
func (r *Remote) meet(t terms) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.externalID, r.watchesAll, r.tells = t.ExternalID, t.watches(), t.causeway()
}

// settle makes an offer of what changed while another was under way.
func (r *Remote) settle() error {
	if r.neg.changes.Load() == r.neg.agreed.Load() {
		return nil
	}
	return r.offer(false)
}

// mediaSections counts the media sections of an SDP, of which an answer has as
// many as the offer (RFC 3264 §6).
func mediaSections(sdp string) int { return strings.Count(sdp, "\nm=") }

// setRemote sets the remote description, which has n candidates, and adds
// those that waited for it.
func (r *Remote) setRemote(d webrtc.SessionDescription, n int) error {
	err := r.pc.SetRemoteDescription(d)
	if errors.Is(err, media.ErrNoCodec) || err == nil && d.Type == webrtc.SDPTypeAnswer && rejectsVideo(d.SDP) {
		return &Reject{Code: CodeCodec, Message: "no video codec in common"}
	}
	if err != nil {
		return fmt.Errorf("peer: the remote description: %w", err)
	}
	if d.Type == webrtc.SDPTypeAnswer {
		r.wg.Go(r.hurry)
	}
	r.neg.candidates = n
	queued := r.neg.queued
	r.neg.queued = nil
	for _, c := range queued {
		if err := r.addCandidate(c); err != nil {
			return err
		}
	}
	return nil
}

// rejectsVideo is true when the other side declined the picture (RFC 3264
// §6: port zero).
func rejectsVideo(answer string) bool { return strings.Contains(answer, "m=video 0 ") }

// offer makes an offer and sends it. The answer is awaited by negotiate.
func (r *Remote) offer(restart bool) error {
	if r.pc.SignalingState() != webrtc.SignalingStateStable {
		return nil // one is under way
	}
	begun := r.pc.CurrentRemoteDescription() != nil
	if !begun && !r.opening {
		return nil // the first is the other side's
	}
	if begun && !restart && r.neg.changes.Load() == r.neg.agreed.Load() {
		return nil // it was in another
	}
	if restart {
		r.log.Info("the way is lost; looking for another")
	}
	gathered, err := r.makeOffer(restart)
	if err != nil {
		err = fmt.Errorf("peer: offer: %w", err)
		r.problem(ErrorNegotiation, err)
		return err
	}
	return r.sendLocal(gathered)
}

// makeOffer makes the local description, and says when all of its candidates
// are known.
func (r *Remote) makeOffer(restart bool) (gathered <-chan struct{}, err error) {
	r.neg.describing.Lock()
	defer r.neg.describing.Unlock()
	r.neg.offered = r.neg.changes.Load()
	d, err := r.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return nil, err
	}
	gathered = webrtc.GatheringCompletePromise(r.pc) // of this description
	r.neg.late.Reset(r.peer.o.ConnectTimeout)
	return gathered, r.pc.SetLocalDescription(d)
}

// answer answers an offer, and takes back ours if there is one.
func (r *Remote) answer(offer webrtc.SessionDescription, candidates int) error {
	first := r.pc.CurrentRemoteDescription() == nil
	gathered, err := r.makeAnswer(offer, candidates)
	if err != nil {
		return err
	}
	if err := r.sendLocal(gathered); err != nil {
		return err
	}
	if err := r.revive(); err != nil {
		return err
	}
	if first && !r.opening {
		if err := r.giveAll(); err != nil {
			return err
		}
	}
	return r.settle()
}

func (r *Remote) makeAnswer(offer webrtc.SessionDescription, candidates int) (gathered <-chan struct{}, err error) {
	r.neg.describing.Lock()
	defer r.neg.describing.Unlock()
	if r.pc.PendingLocalDescription() != nil {
		r.neg.late.Stop()
		if err := r.withdraw(); err != nil {
			return nil, err
		}
	}
	offer.SDP = r.palatable(offer.SDP)
	if err := r.setRemote(offer, candidates); err != nil {
		return nil, err
	}
	d, err := r.pc.CreateAnswer(nil)
	if err == nil {
		gathered = webrtc.GatheringCompletePromise(r.pc) // of this description
		err = r.pc.SetLocalDescription(d)
	}
	if err != nil {
		return nil, fmt.Errorf("peer: answer: %w", err)
	}
	return gathered, nil
}

// sendLocal sends the local description, with the candidates that are found in
// a moment.
func (r *Remote) sendLocal(gathered <-chan struct{}) error {
	timer := time.NewTimer(gatherWithin)
	defer timer.Stop()
	select {
	case <-gathered:
	case <-timer.C:
	case <-r.ctx.Done():
		return nil
	}
	local := r.pc.LocalDescription()
	if local == nil {
		return errors.New("peer: there is no local description")
	}
	full := r.keepRole(*local)
	room, _ := r.ns.Split()
	said, metadata := r.peer.present(room)
	if full.Type != webrtc.SDPTypeOffer {
		said, metadata = terms{}, nil
	}
	full.SDP = r.holdTCP(full.SDP)
	if err := r.send(full.Type.String(), description{full, said}, metadata); err != nil {
		return err
	}
	return r.trickle(full.SDP)
}

// keepRole is what the other side is told in place of d: the role in DTLS
// stays what the first answer made it (RFC 8842 §5.3). Pion answers later
// offers as if they were the first, and keeps to its role nonetheless.
func (r *Remote) keepRole(d webrtc.SessionDescription) webrtc.SessionDescription {
	if d.Type == webrtc.SDPTypeAnswer && r.neg.passive {
		d.SDP = strings.ReplaceAll(d.SDP, "a=setup:active", "a=setup:passive")
	}
	return d
}

// send sends a message that is worth the connection: without it, there will
// be none.
func (r *Remote) send(typ string, data any, metadata []byte) error {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("peer: %s: %w", typ, err)
	}
	ctx, cancel := context.WithTimeout(r.ctx, r.peer.o.ConnectTimeout)
	defer cancel()
	if err := r.peer.publish(ctx, r.ns, typ, b, metadata); err != nil {
		if errors.Is(err, signal.ErrAbsent) && r.State() != StateNew {
			// The other side is connecting to the exchange anew, perhaps.
			r.log.Debug("a message was not delivered", "err", err)
			return nil
		}
		return err
	}
	return nil
}
