package peer

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/causeway-rtc/causeway/input"
)

// protocolVersion is Hello.Version.
const protocolVersion = 1

// ControlMessage is what a host says on the control channel: a [Hello],
// [LevelChanged], [SizeChanged], [Status] or [HostStats].
type ControlMessage interface{ controlType() string }

// Hello is a host's first message.
type Hello struct {
	Version int          `json:"version"`
	ID      string       `json:"id"`
	Level   input.Level  `json:"level"`
	Streams []StreamInfo `json:"streams"`
}

// StreamInfo is a stream as a host announces it. Its MediaStream has the id
// "causeway-" and the number.
type StreamInfo struct {
	ID     int     `json:"id"`
	Name   string  `json:"name"`
	Kind   string  `json:"kind"`  // "video" or "audio"
	Codec  string  `json:"codec"` // "h264", as sent to this viewer
	Width  int     `json:"width,omitempty"`
	Height int     `json:"height,omitempty"`
	FPS    float64 `json:"fps,omitempty"`
}

// LevelChanged says what the viewer may do from now on.
type LevelChanged struct {
	Level input.Level `json:"level"`
}

// SizeChanged says that the desktop has another size, in pixels.
type SizeChanged struct {
	Stream int `json:"stream"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Status says that something stopped, or works again.
type Status struct {
	Subject string `json:"subject"` // "video", "audio" or "input"
	OK      bool   `json:"ok"`
	Message string `json:"message"` // for the person
}

// HostStats is how the host fares, once a second.
type HostStats struct {
	FPS      float64 `json:"fps"`
	EncodeMs float64 `json:"encodeMs"` // per frame
	Bitrate  int     `json:"bitrate"`  // bits a second
	Target   int     `json:"target"`   // bits a second, for this viewer
	Viewers  int     `json:"viewers"`
}

// pong answers a ping.
type pong struct {
	T   json.RawMessage   `json:"t"`
	Now int64             `json:"now"`
	RTP map[string]uint32 `json:"rtp"`
}

func (Hello) controlType() string        { return "hello" }
func (LevelChanged) controlType() string { return "level" }
func (SizeChanged) controlType() string  { return "size" }
func (Status) controlType() string       { return "status" }
func (HostStats) controlType() string    { return "stats" }
func (pong) controlType() string         { return "pong" }

// marshalControl is m on the wire: its fields after its type.
func marshalControl(m ControlMessage) ([]byte, error) {
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

// parseControl reads a host's message. It returns nil for a type that it does
// not know.
func parseControl(b []byte) (ControlMessage, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := unmarshalControl(b, &head); err != nil {
		return nil, err
	}
	switch head.Type {
	case "hello":
		return parseAs[Hello](b)
	case "level":
		return parseAs[LevelChanged](b)
	case "size":
		return parseAs[SizeChanged](b)
	case "status":
		return parseAs[Status](b)
	case "stats":
		return parseAs[HostStats](b)
	case "pong":
		return parseAs[pong](b)
	}
	return nil, nil
}

func parseAs[M ControlMessage](b []byte) (ControlMessage, error) {
	var m M
	err := unmarshalControl(b, &m)
	return m, err
}

// viewerMessage is any message of a viewer on the control channel.
type viewerMessage struct {
	Type    string          `json:"type"`
	T       json.RawMessage `json:"t"`
	Width   float64         `json:"width"`
	Height  float64         `json:"height"`
	Refresh float64         `json:"refresh"`
	On      bool            `json:"on"`
}

// parseViewer reads a viewer's message.
func parseViewer(b []byte) (viewerMessage, error) {
	var m viewerMessage
	if err := unmarshalControl(b, &m); err != nil {
		return m, err
	}
	if m.Type == "ping" && (len(m.T) > 32 || !isNumber(m.T)) {
		return m, fmt.Errorf("peer: control: the ping's t is no number")
	}
	return m, nil
}

// isNumber is true for JSON that begins as a number; Unmarshal has seen to
// the rest.
func isNumber(b []byte) bool {
	return len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9')
}

func unmarshalControl(b []byte, v any) error {
	if len(b) > maxControl {
		return fmt.Errorf("peer: control: %d bytes", len(b))
	}
	if !bytes.HasPrefix(b, []byte("{")) {
		return fmt.Errorf("peer: control: no object")
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("peer: control: %w", err)
	}
	return nil
}
