package peer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"
)

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
		if strings.Contains(sdp, c.Candidate) || r.heldBack(c) {
			continue
		}
		if err := r.send("candidate", c, nil); err != nil {
			return err
		}
	}
	return nil
}

// tcpAfter is how long ways over UDP are tried alone. One over TCP that answers
// sooner, as on a busy machine it may, would be kept for good, and is the worse.
const tcpAfter = 250 * time.Millisecond

// holdTCP takes our candidates over TCP out of a description, when it has
// others. They are sent after tcpAfter, if there is no way then.
func (r *Remote) holdTCP(sdp string) string {
	var kept []string
	var tcp []webrtc.ICECandidateInit
	udp := false
	for _, line := range strings.Split(sdp, "\r\n") {
		candidate, ok := strings.CutPrefix(line, "a=")
		switch {
		case !ok || !strings.HasPrefix(candidate, "candidate:"):
			if line == "a=end-of-candidates" {
				continue
			}
		case overTCP(candidate):
			tcp = append(tcp, webrtc.ICECandidateInit{Candidate: candidate, SDPMLineIndex: new(uint16)})
			continue
		default:
			udp = true
		}
		kept = append(kept, line)
	}
	if !udp || len(tcp) == 0 {
		return sdp
	}
	r.neg.tcp, r.neg.tcpDue = tcp, time.After(tcpAfter)
	return strings.Join(kept, "\r\n")
}

// overTCP is true for a candidate's attribute with the transport TCP (RFC 6544
// §4.5).
func overTCP(candidate string) bool {
	fields := strings.Fields(candidate)
	return len(fields) > 2 && strings.EqualFold(fields[2], "tcp")
}

// heldBack adds c to those that wait, if others do and it is of their kind. It
// is so for what was in the description but for them, too.
func (r *Remote) heldBack(c webrtc.ICECandidateInit) bool {
	if r.neg.tcpDue == nil || !overTCP(c.Candidate) {
		return false
	}
	same := func(have webrtc.ICECandidateInit) bool { return have.Candidate == c.Candidate }
	if !slices.ContainsFunc(r.neg.tcp, same) {
		r.neg.tcp = append(r.neg.tcp, c)
	}
	return true
}

// tryTCP sends the candidates that waited, if there is no way yet.
func (r *Remote) tryTCP() error {
	held := r.neg.tcp
	r.neg.tcp, r.neg.tcpDue = nil, nil
	if r.State() == StateConnected {
		return nil
	}
	for _, c := range held {
		if err := r.send("candidate", c, nil); err != nil {
			return err
		}
	}
	return nil
}
