package peerjs

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pion/webrtc/v4"
)

// ConnectionType tells data from media.
type ConnectionType string

// The types of connections.
const (
	Data  ConnectionType = "data"
	Media ConnectionType = "media"
)

// The bounds of what another peer may send by way of the server, in bytes but
// for the last, which counts.
const (
	maxSDP          = 128 << 10
	maxMetadata     = 64 << 10
	maxName         = 256 // ids of connections, labels, serializations
	maxCandidate    = 1024
	maxCandidates   = 128 // of one connection
	maxServerFrames = 512 << 10
)

// description is a session description on the wire.
type description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

// payload is that of OFFER, ANSWER and CANDIDATE.
type payload struct {
	SDP          *description   `json:"sdp,omitempty"`
	Candidate    *candidate     `json:"candidate,omitempty"`
	Type         ConnectionType `json:"type"`
	ConnectionID string         `json:"connectionId"`
	// Metadata, Label, Reliable and Serialization are those of an OFFER.
	Metadata      json.RawMessage `json:"metadata,omitempty"`
	Label         string          `json:"label,omitempty"`
	Reliable      *bool           `json:"reliable,omitempty"`
	Serialization string          `json:"serialization,omitempty"`
	// Browser is what versions before 1.5 say of themselves.
	Browser string `json:"browser,omitempty"`
}

// candidate is an RTCIceCandidate in JSON.
type candidate struct {
	Candidate        string  `json:"candidate"`
	SDPMid           *string `json:"sdpMid"`
	SDPMLineIndex    *uint16 `json:"sdpMLineIndex"`
	UsernameFragment *string `json:"usernameFragment,omitempty"`
}

var errPayload = errors.New("peerjs: malformed payload")

// parsePayload reads what another peer has sent within its bounds.
func parsePayload(b []byte) (*payload, error) {
	var p payload
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("%w: %w", errPayload, err)
	}
	switch {
	case p.ConnectionID == "" || len(p.ConnectionID) > maxName:
		return nil, fmt.Errorf("%w: no id of a connection, or a long one", errPayload)
	case len(p.Label) > maxName || len(p.Serialization) > maxName:
		return nil, fmt.Errorf("%w: a long name", errPayload)
	case len(p.Metadata) > maxMetadata:
		return nil, fmt.Errorf("%w: metadata of %d bytes", errPayload, len(p.Metadata))
	case p.SDP != nil && len(p.SDP.SDP) > maxSDP:
		return nil, fmt.Errorf("%w: a session description of %d bytes", errPayload, len(p.SDP.SDP))
	case p.Candidate != nil && len(p.Candidate.Candidate) > maxCandidate:
		return nil, fmt.Errorf("%w: a candidate of %d bytes", errPayload, len(p.Candidate.Candidate))
	}
	return &p, nil
}

func newCandidate(c webrtc.ICECandidateInit) *candidate {
	if c.SDPMid != nil && *c.SDPMid == "" {
		c.SDPMid = nil // the index says it
	}
	return &candidate{c.Candidate, c.SDPMid, c.SDPMLineIndex, c.UsernameFragment}
}

func (c *candidate) init() webrtc.ICECandidateInit {
	return webrtc.ICECandidateInit{Candidate: c.Candidate, SDPMid: c.SDPMid, SDPMLineIndex: c.SDPMLineIndex, UsernameFragment: c.UsernameFragment}
}
