package peerjs

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/peer/calls"
)

// ConnectionType tells data from media.
type ConnectionType string

// The types of connections.
const (
	Data  ConnectionType = "data"
	Media ConnectionType = "media"
)

// The bounds of what another peer may send by way of the server, in bytes.
const (
	maxSDP          = 128 << 10
	maxMetadata     = 64 << 10
	maxName         = 256 // ids of connections, labels, serializations
	maxCandidate    = 1024
	maxServerFrames = 512 << 10
)

// What descriptions and candidates are on the wire.
type (
	description = calls.Description
	candidate   = calls.Candidate
)

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
