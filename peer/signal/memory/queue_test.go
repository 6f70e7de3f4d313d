package memory

import (
	"encoding/json"
	"testing"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// Whoever reads the metadata as a host does finds no token in what is left.
func FuzzWithoutToken(f *testing.F) {
	for _, s := range []string{
		`{"token":"t"}`, `{"a":1,"TOKEN":"t","token":"u"}`, `{"to\u006ben":"t"}`, "{\"to\u212aen\":\"t\"}", `{"a":{"token":"t"}}`, `[{"token":"t"}]`, `null`, `{`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := withoutToken(signal.Message{Metadata: b})
		var metadata struct {
			Token json.RawMessage `json:"token"`
		}
		if json.Unmarshal(m.Metadata, &metadata) == nil && metadata.Token != nil {
			t.Errorf("%q became %q", b, m.Metadata)
		}
	})
}
