package codecs

import (
	"testing"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/encodetest"
)

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range All {
		if b.Name == "" || seen[b.Name] || b.Name == "auto" {
			t.Errorf("%q is no name, or taken", b.Name)
		}
		seen[b.Name] = true
		if b.Probe == nil {
			t.Fatalf("%s: no Probe", b.Name)
		}
		if b.NewEncoder == nil && b.NewDecoder == nil && b.NewAudioEncoder == nil && b.NewAudioDecoder == nil {
			t.Errorf("%s does nothing", b.Name)
		}
		if err := b.Probe(); err != nil {
			t.Logf("%s does not serve: %v", b.Name, err)
		}
	}
}

// TestEveryEncoderThatServesConforms is what a new line in the table must pass
// before it has tests of its own. What is known of somebody else's encoders is
// spelt out in their packages' tests, so it is allowed here.
func TestEveryEncoderThatServesConforms(t *testing.T) {
	for _, b := range All {
		if b.NewEncoder == nil && b.NewAudioEncoder == nil || b.Hardware {
			// Hardware that is not there is no failure; encode/libav tests what is.
			continue
		}
		t.Run(b.Name, func(t *testing.T) {
			o := encodetest.Options{Brief: true, OwnKeys: true}
			if d, err := FindDecoder(All, b.Codec); err == nil {
				o.Decoder = d
			}
			encodetest.Run(t, b, o)
		})
	}
}

func TestFind(t *testing.T) {
	for _, c := range []encode.Codec{encode.H264, encode.VP8, encode.VP9, encode.AV1, encode.Opus} {
		for _, b := range All {
			if b.Codec.Name != c.Name || b.Probe() != nil || b.NewEncoder == nil && b.NewAudioEncoder == nil {
				continue
			}
			got, err := encode.Find(All, c, "")
			if err != nil || got[0].Name != b.Name {
				t.Errorf("%s: %v, %v, want %s first", c.Name, got, err, b.Name)
			}
			break
		}
		if _, err := encode.Find(All, c, "nonsense"); err == nil {
			t.Errorf("%s: found nonsense", c.Name)
		}
	}
	if _, err := FindDecoder(nil, encode.H264); err == nil {
		t.Error("found a decoder in nothing")
	}
}
