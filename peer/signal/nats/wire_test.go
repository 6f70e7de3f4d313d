package nats

import (
	"bytes"
	"slices"
	"testing"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// Whatever arrives, what is opened is a valid message, and one that is not
// sealed with our secret is never opened.
func FuzzOpen(f *testing.F) {
	clear, err := newWire("", "")
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := newWire("app", "secret")
	if err != nil {
		f.Fatal(err)
	}
	whole, err := sealed.seal(&signal.Message{Type: "join", ID: "a", Data: []byte("true")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:overhead])
	f.Add(whole[:len(whole)-1])
	f.Add([]byte(nil))
	for _, s := range []string{`{}`, `{"type":"join","id":"a"}`, `{"type":"join","id":"a","data":{"watch":false}}`, `{"type":"offer","ID":"b","metadata":[1]}`, `[]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := slices.Clone(b)
		// The workers' IVs differ, so whole is one of several.
		if m, err := sealed.open(b); err == nil && (m.ID != "a" || m.Type != "join" || string(m.Data) != "true") {
			t.Errorf("%x was opened as %+v", b, m)
		}
		m, err := clear.open(b)
		if !bytes.Equal(b, before) {
			t.Errorf("%x was changed", before)
		}
		if err != nil {
			return
		}
		if err := m.Validate(); err != nil {
			t.Errorf("%q was opened as %+v: %v", b, m, err)
		}
		for _, w := range []*wire{clear, sealed} {
			again, err := w.seal(&m)
			if err != nil {
				return // JSON may grow when it is written
			}
			if back, err := w.open(again); err != nil || back.ID != m.ID || back.Type != m.Type {
				t.Errorf("%+v came back as %+v, %v", m, back, err)
			}
		}
	})
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"nats://a", "nats+tls://u:p@[::1]:4222/?prefix=a.b#s", "nats://a?x", "nats://%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		server, o, err := parseURL(raw, Options{})
		if err != nil {
			return
		}
		if server.Host == "" || server.RawQuery != "" || server.Fragment != "" || server.Path != "" {
			t.Errorf("%q became %q", raw, server)
		}
		if _, err := newWire(o.Prefix, o.Secret); err == nil && len(o.Secret) > signal.MaxSecret {
			t.Errorf("a secret of %d bytes passed", len(o.Secret))
		}
	})
}
