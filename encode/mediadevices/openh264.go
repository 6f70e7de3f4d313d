package mediadevices

import (
	"fmt"

	"github.com/causeway-rtc/causeway/encode"
)

// OpenH264 encodes H.264 with Cisco's OpenH264.
var OpenH264 = encode.Backend{
	Name:       "openh264",
	Codec:      encode.H264,
	Probe:      probeOpenH264,
	NewEncoder: newOpenH264,
}

func newOpenH264(p encode.Params) (encode.Encoder, error) {
	p, err := p.WithDefaults()
	if err != nil {
		return nil, fmt.Errorf("openh264: %w", err)
	}
	if p.Width < 16 || p.Height < 16 {
		return nil, fmt.Errorf("openh264: a picture of %d×%d: it takes 16×16 at least", p.Width, p.Height)
	}
	return openOpenH264(p)
}
