package calls

import "github.com/pion/webrtc/v4"

// Signal is what the other peer has said about a connection: one of its fields.
type Signal struct {
	Offer, Answer *Description
	Candidate     *Candidate
}

// Description is an RTCSessionDescription in JSON.
type Description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

// Candidate is an RTCIceCandidate in JSON.
type Candidate struct {
	Candidate        string  `json:"candidate"`
	SDPMid           *string `json:"sdpMid"`
	SDPMLineIndex    *uint16 `json:"sdpMLineIndex"`
	UsernameFragment *string `json:"usernameFragment,omitempty"`
}

// newCandidate is one of ours.
func newCandidate(found *webrtc.ICECandidate) *Candidate {
	c := found.ToJSON()
	if c.SDPMid != nil && *c.SDPMid == "" {
		c.SDPMid = nil // the index says it
	}
	return &Candidate{c.Candidate, c.SDPMid, c.SDPMLineIndex, c.UsernameFragment}
}

func (c *Candidate) init() webrtc.ICECandidateInit {
	return webrtc.ICECandidateInit{Candidate: c.Candidate, SDPMid: c.SDPMid, SDPMLineIndex: c.SDPMLineIndex, UsernameFragment: c.UsernameFragment}
}
