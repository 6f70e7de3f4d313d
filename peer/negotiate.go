package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// The bounds of what a remote may say while it negotiates.
const (
	// MaxSDP is the longest description in bytes.
	MaxSDP = 64 << 10
	// MaxCandidates is how many ICE candidates a remote may have, those that
	// wait for its description and those in it counted.
	MaxCandidates = 64

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

	mu    sync.Mutex
	found []webrtc.ICECandidateInit // of ours, to be sent
	ready chan struct{}             // capacity one: there are some
}

func newNegotiator() negotiator {
	return negotiator{
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
	deadline := time.NewTimer(connectWithin)
	defer deadline.Stop()
	restart := time.NewTimer(time.Hour)
	defer restart.Stop()
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
			err = errors.New("peer: the remote did not connect in time")
		case <-restart.C:
			err = r.offer(true)
		case again := <-r.neg.want:
			err = r.offer(again)
		case <-r.neg.ready:
			err = r.trickle("")
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

// giveUp ends the connection for err, and tells a viewer that it was refused.
func (r *Remote) giveUp(err error) {
	if refusal, ok := errors.AsType[*Reject](err); ok && r.host {
		r.peer.reject(r.ctx, r.ns, refusal)
		r.shut(err, false)
		return
	}
	r.shut(err, true)
}

// handle acts on one message. An error ends the connection.
func (r *Remote) handle(m signal.Message) error {
	switch m.Type {
	case "offer", "answer":
		return r.describe(m)
	case "candidate":
		return r.candidate(m.Data)
	case "leave":
		r.shut(errors.New("peer: the other side left"), false)
		return nil
	case "reject":
		return r.rejected(m.Data)
	}
	return nil
}

// rejected is a host's refusal of our join.
func (r *Remote) rejected(data []byte) error {
	var d rejectData
	if r.host || json.Unmarshal(data, &d) != nil {
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
	var d webrtc.SessionDescription
	if err := json.Unmarshal(m.Data, &d); err != nil {
		return fmt.Errorf("peer: the %s: %w", m.Type, err)
	}
	n := strings.Count(d.SDP, "a=candidate:")
	if len(d.SDP) > MaxSDP || n > MaxCandidates {
		return fmt.Errorf("peer: the %s has %d bytes and %d candidates", m.Type, len(d.SDP), n)
	}
	switch {
	case m.Type == "offer" && d.Type == webrtc.SDPTypeOffer:
		return r.answer(d, n)
	case m.Type == "answer" && d.Type == webrtc.SDPTypeAnswer:
		if r.pc.SignalingState() != webrtc.SignalingStateHaveLocalOffer {
			return nil // to an offer that was withdrawn
		}
		if offered := mediaSections(r.pc.PendingLocalDescription().SDP); mediaSections(d.SDP) != offered {
			return fmt.Errorf("peer: the answer does not have the offer's %d media sections", offered)
		}
		return r.setRemote(d, n)
	}
	return fmt.Errorf("peer: the %s holds an SDP of type %s", m.Type, d.Type)
}

// mediaSections counts the media sections of an SDP, of which an answer has as
// many as the offer (RFC 3264 §6).
func mediaSections(sdp string) int { return strings.Count(sdp, "\nm=") }

// setRemote sets the remote description, which has n candidates, and adds
// those that waited for it.
func (r *Remote) setRemote(d webrtc.SessionDescription, n int) error {
	if err := r.pc.SetRemoteDescription(d); err != nil {
		return fmt.Errorf("peer: the remote description: %w", err)
	}
	if r.host && rejectsVideo(r.pc.RemoteDescription()) {
		return &Reject{Code: CodeCodec, Message: "no video codec in common"}
	}
	if r.host && d.Type == webrtc.SDPTypeAnswer {
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
func rejectsVideo(d *webrtc.SessionDescription) bool {
	return d != nil && strings.Contains(d.SDP, "m=video 0 ")
}

// candidate adds a candidate, now or when there is a remote description.
func (r *Remote) candidate(data []byte) error {
	var c webrtc.ICECandidateInit
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("peer: a candidate: %w", err)
	}
	if r.pc.RemoteDescription() != nil {
		return r.addCandidate(c)
	}
	if len(r.neg.queued) >= MaxCandidates {
		return errors.New("peer: too many candidates")
	}
	r.neg.queued = append(r.neg.queued, c)
	return nil
}

func (r *Remote) addCandidate(c webrtc.ICECandidateInit) error {
	if c.Candidate == "" {
		return nil // the last
	}
	if r.neg.candidates++; r.neg.candidates > MaxCandidates {
		return errors.New("peer: too many candidates")
	}
	if err := r.pc.AddICECandidate(c); err != nil {
		// One of a kind that we do not know is no harm.
		r.log.Debug("a candidate was not taken", "err", err)
	}
	return nil
}

// offer makes an offer and sends it. The answer is awaited by negotiate.
func (r *Remote) offer(restart bool) error {
	if r.pc.SignalingState() != webrtc.SignalingStateStable {
		return nil // one is under way
	}
	if restart {
		r.log.Info("the way is lost; looking for another")
	}
	d, err := r.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return fmt.Errorf("peer: offer: %w", err)
	}
	return r.setLocal(d)
}

// answer answers an offer. Of two offers that cross, that of the peer with
// the smaller id counts.
func (r *Remote) answer(offer webrtc.SessionDescription, candidates int) error {
	if r.pc.SignalingState() != webrtc.SignalingStateStable {
		if polite := r.peer.o.ID > r.id; !polite || r.pc.CurrentRemoteDescription() == nil {
			return nil
		}
		if err := r.withdraw(); err != nil {
			return err
		}
	}
	if err := r.setRemote(offer, candidates); err != nil {
		return err
	}
	d, err := r.pc.CreateAnswer(nil)
	if err != nil {
		return fmt.Errorf("peer: answer: %w", err)
	}
	return r.setLocal(d)
}

// withdraw takes our offer back. Pion knows no rollback, but an answer that
// says what was agreed before comes to the same.
func (r *Remote) withdraw() error {
	d := *r.pc.CurrentRemoteDescription()
	d.Type = webrtc.SDPTypeAnswer
	d.SDP = strings.ReplaceAll(d.SDP, "a=setup:actpass", "a=setup:active")
	if err := r.pc.SetRemoteDescription(d); err != nil {
		return fmt.Errorf("peer: taking an offer back: %w", err)
	}
	return nil
}

// setLocal sets the local description and sends it, with the candidates that
// are found in a moment.
func (r *Remote) setLocal(d webrtc.SessionDescription) error {
	gathered := webrtc.GatheringCompletePromise(r.pc)
	if err := r.pc.SetLocalDescription(d); err != nil {
		return fmt.Errorf("peer: the local description: %w", err)
	}
	timer := time.NewTimer(gatherWithin)
	defer timer.Stop()
	select {
	case <-gathered:
	case <-timer.C:
	case <-r.ctx.Done():
		return nil
	}
	full := r.pc.LocalDescription()
	if full == nil {
		return errors.New("peer: there is no local description")
	}
	if err := r.send(full.Type.String(), full); err != nil {
		return err
	}
	return r.trickle(full.SDP)
}

// onCandidate notes a candidate of ours.
func (r *Remote) onCandidate(c *webrtc.ICECandidate) {
	if c == nil {
		return
	}
	r.neg.mu.Lock()
	if len(r.neg.found) < MaxCandidates {
		r.neg.found = append(r.neg.found, c.ToJSON())
	}
	r.neg.mu.Unlock()
	wake(r.neg.ready)
}

// trickle sends the candidates that were found and are not in sdp.
func (r *Remote) trickle(sdp string) error {
	if r.pc.LocalDescription() == nil {
		return nil // they will be in it
	}
	r.neg.mu.Lock()
	found := r.neg.found
	r.neg.found = nil
	r.neg.mu.Unlock()
	for _, c := range found {
		if strings.Contains(sdp, c.Candidate) {
			continue
		}
		if err := r.send("candidate", c); err != nil {
			return err
		}
	}
	return nil
}

// send sends a message that is worth the connection: without it, there will
// be none.
func (r *Remote) send(typ string, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("peer: %s: %w", typ, err)
	}
	ctx, cancel := context.WithTimeout(r.ctx, connectWithin)
	defer cancel()
	if err := r.peer.publish(ctx, r.ns, typ, b, nil); err != nil {
		if errors.Is(err, signal.ErrAbsent) && r.State() != StateNew {
			// The other side is connecting to the exchange anew, perhaps.
			r.log.Debug("a message was not delivered", "err", err)
			return nil
		}
		return err
	}
	return nil
}
