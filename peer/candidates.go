package peer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
		if strings.Contains(sdp, c.Candidate) {
			continue
		}
		if err := r.send("candidate", c, nil); err != nil {
			return err
		}
	}
	return nil
}
