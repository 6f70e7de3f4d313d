package skyway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/causeway-rtc/causeway/peer/values"
)

const (
	// sendEvery is how often a room is sent to at most.
	sendEvery = 100 * time.Millisecond
	// maxRoomData is how long a value for a room may be on the wire, in bytes.
	maxRoomData = 20 << 20
	// maxPieces is how many byte strings a value for a room may contain.
	maxPieces = 64
)

// Send sends a value to all other members, by way of the server: what package
// encoding/json takes, with []byte as it is where it is the value, or in a []any
// or a map[string]any of it. It waits for its turn, since there is one in 100
// ms. Whoever does not read the server misses it. The error is [MessageTooBig]
// over 20 MiB, that of ctx, or says that the server is not there.
func (r *Room) Send(ctx context.Context, v any) error {
	b, pieces, err := packRoom(v)
	if err != nil {
		return fmt.Errorf("skyway: send: %w", err)
	}
	size := len(b)
	for _, piece := range pieces {
		size += len(piece)
	}
	if size > maxRoomData {
		return &Error{Type: MessageTooBig, Message: fmt.Sprintf("a value of %d bytes; the limit for a room is %d", size, maxRoomData)}
	}
	select {
	case r.pace <- struct{}{}:
		defer func() { <-r.pace }()
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-time.After(time.Until(r.lastSent.Add(sendEvery))):
	case <-r.ctx.Done():
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	r.lastSent = time.Now()
	return r.tell("ROOM_SEND_DATA", map[string]any{"data": b}, pieces...)
}

// Log returns what has happened in the room, the newest 100 entries, each JSON:
// {messageType, message, peerId, timestamp}.
func (r *Room) Log(ctx context.Context) ([]string, error) {
	c := make(chan []string, 1)
	r.mu.Lock()
	r.logs = append(r.logs, c)
	r.mu.Unlock()
	if err := r.tell("ROOM_GET_LOGS", nil); err != nil {
		return nil, err
	}
	select {
	case entries := <-c:
		return entries, nil
	case <-r.ctx.Done():
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// packRoom writes a value for a room as JSON, and apart from it the bytes that
// are the value, or in its slices and maps.
func packRoom(v any) (json.RawMessage, [][]byte, error) {
	var pieces [][]byte
	b, err := values.MarshalJSON(extract(v, &pieces))
	if err != nil {
		return nil, nil, err
	}
	if len(pieces) > maxPieces {
		return nil, nil, fmt.Errorf("%w: more than %d byte strings in a value", errors.ErrUnsupported, maxPieces)
	}
	return b, pieces, nil
}

// placeholder stands for bytes that follow.
type placeholder struct {
	Placeholder bool `json:"_placeholder"`
	Num         int  `json:"num"`
}

// extract puts placeholders in the place of bytes. It does not change v.
func extract(v any, pieces *[][]byte) any {
	switch v := v.(type) {
	case []byte:
		*pieces = append(*pieces, v)
		return placeholder{true, len(*pieces) - 1}
	case []any:
		all := make([]any, len(v))
		for i, x := range v {
			all[i] = extract(x, pieces)
		}
		return all
	case map[string]any:
		all := make(map[string]any, len(v))
		for k, x := range v {
			all[k] = extract(x, pieces)
		}
		return all
	}
	return v
}

// unpackRoom reads what packRoom writes.
func unpackRoom(b json.RawMessage, pieces [][]byte) (any, error) {
	v, err := values.UnmarshalJSON(b)
	if err != nil {
		return nil, err
	}
	return insert(v, pieces)
}

// insert puts bytes in the place of their placeholders.
func insert(v any, pieces [][]byte) (_ any, err error) {
	switch v := v.(type) {
	case []any:
		for i := range v {
			if v[i], err = insert(v[i], pieces); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if v["_placeholder"] == true {
			n, ok := v["num"].(float64)
			if !ok || n < 0 || n >= float64(len(pieces)) || n != float64(int(n)) {
				return nil, errors.New("bytes that are not there")
			}
			return pieces[int(n)], nil
		}
		for k := range v {
			if v[k], err = insert(v[k], pieces); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}
