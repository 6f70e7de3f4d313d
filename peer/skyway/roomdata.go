package skyway

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/peer/values"
)

// maxPieces is how many byte strings a value for a room may contain.
const maxPieces = 64

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
