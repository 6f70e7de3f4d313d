package skywayserver

import (
	"encoding/json"
	"errors"
	"time"
)

// maxEntries is how many entries a room's log has.
const maxEntries = 100

// roomLog is what has happened in a room, as clients get it: each entry is
// JSON in a string.
type roomLog struct {
	entries []string // oldest first
	bytes   int
}

// roomData is data for a room.
type roomData struct {
	RoomName string          `json:"roomName"`
	Src      string          `json:"src"`
	Data     json.RawMessage `json:"data"`
}

// record adds an entry to a room's log, for which old ones may have to go. One
// that is too long is left out. The mutex is held.
func (s *Server) record(r *room, what string, m *member, message any) {
	b, err := json.Marshal(struct {
		MessageType string `json:"messageType"`
		Message     any    `json:"message"`
		PeerID      string `json:"peerId"`
		Timestamp   int64  `json:"timestamp"`
	}{what, message, m.id.id, time.Now().UnixMilli()})
	if err != nil || len(b) > s.o.RoomLogBytes/2 {
		return
	}
	l := &r.log
	for len(l.entries) > 0 && (len(l.entries) >= maxEntries || l.bytes+len(b) > s.o.RoomLogBytes || s.logBytes+len(b) > s.o.LogBytes) {
		n := len(l.entries[0])
		l.entries[0] = ""
		l.entries = l.entries[1:]
		l.bytes -= n
		s.logBytes -= n
	}
	if s.logBytes+len(b) > s.o.LogBytes {
		return
	}
	l.entries = append(l.entries, string(b))
	l.bytes += len(b)
	s.logBytes += len(b)
}

var errTooLong = errors.New("skywayserver: too long for a log")

// withBuffers is d with its bytes in it, as Node.js has a Buffer in JSON:
// {"type":"Buffer","data":[1,2]}. It is an error if that is too long.
func withBuffers(d roomData, binary [][]byte, limit int) (any, error) {
	size := len(d.Data)
	for _, b := range binary {
		size += 4 * len(b)
	}
	if size > limit {
		return nil, errTooLong
	}
	if len(binary) == 0 {
		return d, nil
	}
	var v any
	if err := json.Unmarshal(d.Data, &v); err != nil {
		return nil, err
	}
	return map[string]any{"roomName": d.RoomName, "src": d.Src, "data": fill(v, binary, &limit)}, nil
}

// fill puts bytes in place of their placeholders. Limit is what they may take
// in all, since one piece may have many placeholders.
func fill(v any, binary [][]byte, limit *int) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = fill(v[i], binary, limit)
		}
	case map[string]any:
		if p, ok := v["_placeholder"]; ok && p != false && p != nil {
			n, _ := v["num"].(float64) // the decoder has looked
			piece := binary[int(n)]
			if *limit -= 4 * len(piece); *limit < 0 {
				return nil
			}
			data := make([]int, len(piece))
			for i, b := range piece {
				data[i] = int(b)
			}
			return map[string]any{"type": "Buffer", "data": data}
		}
		for k := range v {
			v[k] = fill(v[k], binary, limit)
		}
	}
	return v
}
