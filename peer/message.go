package peer

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/causeway-rtc/causeway/input"
)

// protocolVersion is the version that a hello names.
const protocolVersion = 2

// The messages of the control channel: PROTOCOL.md of peer/signal has their
// meaning. The name of each is its type with another first letter.
type (
	hello struct {
		Version    int    `json:"version"`
		ID         string `json:"id"`
		ExternalID string `json:"externalId,omitempty"`
		// Numbered promises a channel-open for each numbered channel.
		Numbered bool `json:"numbered,omitempty"`
	}
	ping struct {
		T json.RawMessage `json:"t"`
	}
	pong struct {
		T   json.RawMessage   `json:"t"`
		Now int64             `json:"now"`
		RTP map[string]uint32 `json:"rtp"`
	}
	channelAsk struct {
		Channel uint16 `json:"channel"`
		Label   string `json:"label"`
		Mode    string `json:"mode"`
	}
	channelOpen struct {
		Channel uint16 `json:"channel"`
	}
	channelRefuse struct {
		Channel uint16 `json:"channel"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	announce struct {
		Stream StreamInfo `json:"stream"`
	}
	withdraw struct {
		Stream  int    `json:"stream"`
		Message string `json:"message,omitempty"`
	}
	accept struct {
		Request uint32      `json:"request"`
		Stream  StreamInfo  `json:"stream"`
		Level   input.Level `json:"level"`
		Input   uint16      `json:"input,omitempty"`
		Motion  uint16      `json:"motion,omitempty"`
	}
	refuse struct {
		Request uint32 `json:"request"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	end struct {
		Stream  int    `json:"stream"`
		Message string `json:"message,omitempty"`
	}
	levelChanged struct {
		Stream int         `json:"stream"`
		Level  input.Level `json:"level"`
	}
	sizeChanged struct {
		Stream int `json:"stream"`
		Width  int `json:"width"`
		Height int `json:"height"`
	}
	stats struct {
		Stream int `json:"stream"`
		HostStats
	}
	shape struct {
		Stream int `json:"stream"`
		Shape
	}
	// streamAsk is a request, or with a stream a join.
	streamAsk struct {
		Request uint32      `json:"request"`
		Stream  int         `json:"stream,omitempty"`
		Level   input.Level `json:"level"`
		Fit     string      `json:"fit,omitempty"`
		Metrics bool        `json:"metrics,omitempty"`
	}
	leave struct {
		Stream int `json:"stream"`
	}
	announcements struct{}
	viewport      struct {
		Stream  int     `json:"stream"`
		Width   float64 `json:"width"`
		Height  float64 `json:"height"`
		Refresh float64 `json:"refresh"`
	}
	watch struct {
		Stream int  `json:"stream"`
		On     bool `json:"on"`
	}
	keyframe struct {
		Stream int `json:"stream"`
	}
	monitor struct {
		Stream int    `json:"stream"`
		Name   string `json:"name"`
	}
	patches struct {
		Stream  int    `json:"stream"`
		Channel uint16 `json:"channel"`
	}
	fit struct {
		Stream int `json:"stream"`
		Width  int `json:"width"`
		Height int `json:"height"`
	}
)

// Status says that something stopped, or works again.
type Status struct {
	Subject string `json:"subject"` // "video", "audio" or "input"
	OK      bool   `json:"ok"`
	Message string `json:"message"` // for the person
}

// HostStats is how a publisher fares, once a second.
type HostStats struct {
	FPS      float64 `json:"fps"`
	EncodeMs float64 `json:"encodeMs"` // per frame
	Bitrate  int     `json:"bitrate"`  // bits a second
	Target   int     `json:"target"`   // bits a second, for this viewer
	Viewers  int     `json:"viewers"`
}

// StreamInfo is a stream as it is announced.
type StreamInfo struct {
	// ID is its number among its publisher's.
	ID   int    `json:"id"`
	Name string `json:"name"`
	// Kind is "desktop", "apps" or "frames".
	Kind string `json:"kind"`
	// Level is what a viewer may do from the beginning.
	Level  input.Level `json:"level"`
	Tracks []TrackInfo `json:"tracks"`
}

// TrackInfo is a track of an announced stream.
type TrackInfo struct {
	Kind string `json:"kind"` // "video" or "audio"
	// Width and Height in pixels are zero before the first frame, and for
	// sound.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
}

// typed is a message of the control channel.
type typed interface{ controlType() string }

func (hello) controlType() string         { return "hello" }
func (ping) controlType() string          { return "ping" }
func (pong) controlType() string          { return "pong" }
func (channelAsk) controlType() string    { return "channel" }
func (channelOpen) controlType() string   { return "channel-open" }
func (channelRefuse) controlType() string { return "channel-refuse" }
func (announce) controlType() string      { return "announce" }
func (withdraw) controlType() string      { return "withdraw" }
func (accept) controlType() string        { return "accept" }
func (refuse) controlType() string        { return "refuse" }
func (end) controlType() string           { return "end" }
func (levelChanged) controlType() string  { return "level" }
func (sizeChanged) controlType() string   { return "size" }
func (Status) controlType() string        { return "status" }
func (stats) controlType() string         { return "stats" }
func (leave) controlType() string         { return "leave" }
func (announcements) controlType() string { return "announcements" }
func (viewport) controlType() string      { return "viewport" }
func (watch) controlType() string         { return "watch" }
func (keyframe) controlType() string      { return "keyframe" }
func (shape) controlType() string         { return "shape" }
func (monitor) controlType() string       { return "monitor" }
func (patches) controlType() string       { return "patches" }
func (fit) controlType() string           { return "fit" }

func (a streamAsk) controlType() string {
	if a.Stream == 0 {
		return "request"
	}
	return "join"
}

// marshalControl is m on the wire: its fields after its type.
func marshalControl(m typed) ([]byte, error) {
	fields, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("peer: %s: %w", m.controlType(), err)
	}
	b := fmt.Appendf(nil, `{"type":%q`, m.controlType())
	if len(fields) > 2 {
		b = append(b, ',')
	}
	return append(b, fields[1:]...), nil
}

// controlType reads the type of a message.
func controlType(b []byte) (string, error) {
	var head struct {
		Type string `json:"type"`
	}
	if len(b) > maxControl {
		return "", fmt.Errorf("peer: control: %d bytes", len(b))
	}
	if !bytes.HasPrefix(b, []byte("{")) {
		return "", fmt.Errorf("peer: control: no object")
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return "", fmt.Errorf("peer: control: %w", err)
	}
	return head.Type, nil
}

// isNumber is true for JSON that begins as a number; Unmarshal has seen to
// the rest.
func isNumber(b []byte) bool {
	return len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9')
}
