package codecs

import (
	"errors"
	"fmt"
	"slices"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/aom"
	"github.com/causeway-rtc/causeway/encode/avcodec"
	"github.com/causeway-rtc/causeway/encode/libav"
	"github.com/causeway-rtc/causeway/encode/mediadevices"
	"github.com/causeway-rtc/causeway/encode/opus"
	"github.com/causeway-rtc/causeway/encode/vpx"
	"github.com/causeway-rtc/causeway/encode/x264"
)

// All are the backends in order of preference. Which of them serve is for
// their Probe to say.
var All = slices.Concat(
	[]encode.Backend{x264.High444},
	libav.Hardware,
	[]encode.Backend{
		x264.Backend,
		mediadevices.OpenH264,
		vpx.Backend,
		vpx.VP9,
		aom.Backend,
		aom.High,
		libav.X264,
		avcodec.Backend,
		avcodec.High444,
		opus.Backend,
		opus.Surround,
	},
)

// FindDecoder returns the first of backends that decodes codec and serves.
// With none, the error says of each why not.
func FindDecoder(backends []encode.Backend, codec encode.Codec) (encode.Backend, error) {
	errs := []error{errors.ErrUnsupported}
	for _, b := range backends {
		if b.Codec.Name != codec.Name || b.NewDecoder == nil && b.NewAudioDecoder == nil {
			continue
		}
		err := b.Probe()
		if err == nil {
			return b, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", b.Name, err))
	}
	return encode.Backend{}, fmt.Errorf("codecs: no decoder for %s: %w", codec.Name, errors.Join(errs...))
}
