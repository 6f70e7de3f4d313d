package encode

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/capture"
)

// Codec is a format of encoded video or sound.
type Codec struct {
	// Name is what a person types: "h264".
	Name string
	// MIMEType is the name in SDP: "video/H264".
	MIMEType string
	// ClockRate is the RTP clock in Hz; Channels is for sound, else 0.
	ClockRate, Channels int
	// Fmtp is the format parameters of the SDP.
	Fmtp string
	// Matrix is what colours its encoders write and its decoders assume.
	Matrix Matrix
}

// The codecs. H.264 is Constrained Baseline as far as SDP promises
// (RFC 6184 §8.1), level 3.1 with asymmetry allowed, which in practice every
// browser decodes at any level. VP9 is profile 0 (RFC 9628 §6), AV1 the Main
// profile, both 4:2:0 with eight bits.
var (
	H264 = Codec{Name: "h264", MIMEType: "video/H264", ClockRate: 90000, Fmtp: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", Matrix: BT709}
	// H264High444 is H.264 of the High 4:4:4 Predictive profile, which keeps
	// colours as sharp as brightness: for text. Its decoders read the 4:2:0 of
	// H264 as well (ITU-T H.264 §A.2.7), and are sent it where that is better.
	// Its matrix is BT.601, because browsers that convert in software have no
	// number for BT.709's blue and are up to 13 levels off.
	H264High444 = Codec{Name: "h264-444", MIMEType: "video/H264", ClockRate: 90000, Fmtp: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=f4001f", Matrix: BT601}

	VP8 = Codec{Name: "vp8", MIMEType: "video/VP8", ClockRate: 90000, Matrix: BT601}
	VP9 = Codec{Name: "vp9", MIMEType: "video/VP9", ClockRate: 90000, Fmtp: "profile-id=0", Matrix: BT709}
	AV1 = Codec{Name: "av1", MIMEType: "video/AV1", ClockRate: 90000, Fmtp: "level-idx=5;profile=0;tier=0", Matrix: BT709}
	// AV1High is AV1 of the High profile, in 4:4:4, with the matrix of
	// H264High444 for the same reason.
	AV1High = Codec{Name: "av1-444", MIMEType: "video/AV1", ClockRate: 90000, Fmtp: "level-idx=5;profile=1;tier=0", Matrix: BT601}

	Opus = Codec{Name: "opus", MIMEType: "audio/opus", ClockRate: 48000, Channels: 2, Fmtp: "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1"}
	// OpusSurround is 5.1: six channels in the order of [capture.AudioFrame],
	// by libwebrtc's own name and parameters. Chromium decodes it when its
	// answer claims so.
	OpusSurround = Codec{Name: "opus-5.1", MIMEType: "audio/multiopus", ClockRate: 48000, Channels: 6, Fmtp: "channel_mapping=0,1,4,5,2,3;coupled_streams=2;minptime=10;num_streams=4;useinbandfec=1"}
)

// Video are the codecs of pictures.
var Video = []Codec{H264, H264High444, VP8, VP9, AV1, AV1High}

// VideoNames are what a person types to choose one of Video, or "auto" for none.
func VideoNames() []string {
	names := []string{"auto"}
	for _, c := range Video {
		names = append(names, c.Name)
	}
	return names
}

// MatrixOf is the matrix of a frame that was decoded as c: of H264High444 what is
// in 4:2:0 is as in H264.
func (c Codec) MatrixOf(f *capture.Frame) Matrix {
	if c.Name == H264High444.Name && f.Format != capture.I444 {
		return H264.Matrix
	}
	return c.Matrix
}

// Params are what an encoder is opened with.
type Params struct {
	// Width and Height in pixels. Odd sizes are allowed.
	Width, Height int
	// FPS is the highest frame rate that will come. Zero means 60. The bitrate
	// is shared out by the frame, so that frames that come more slowly make
	// proportionally fewer bits.
	FPS int
	// Bitrate is the target in bits a second. Zero means 8 Mbit/s for video
	// and 64 kbit/s for each
	// channel of sound.
	Bitrate int
	// Threads bounds the threads of a software encoder. Zero means what the
	// encoder finds right for the size, and never more than the machine has
	// processors.
	Threads int
	// Rate is the samples a second, Channels the channels, of sound.
	// Zero means 48000, and the codec's channels.
	Rate, Channels int
}

// Backend is one implementation of a codec. The functions that it lacks are
// nil.
type Backend struct {
	// Name is what a person types to choose it: "x264".
	Name string
	// Codec is the format it reads and writes.
	Codec Codec
	// Probe says whether this machine and this build can serve it, and if
	// not why not and what to do.
	Probe func() error
	// ByName says that it should be taken only when a person asks for it by
	// name. Nil says no.
	ByName func() bool
	// Hardware is true for an encoder that a driver makes work: it may not be
	// there, and it may go away, so others stand by for it.
	Hardware bool
	// NewEncoder and NewDecoder are for video.
	NewEncoder func(Params) (Encoder, error)
	NewDecoder func() (Decoder, error)
	// NewAudioEncoder and NewAudioDecoder are for sound.
	NewAudioEncoder func(Params) (AudioEncoder, error)
	NewAudioDecoder func(Params) (AudioDecoder, error)
}

// WithDefaults returns p with every zero of a video stream filled in, or an
// error when p makes no sense. Encoders call it.
func (p Params) WithDefaults() (Params, error) {
	if p.Width < 1 || p.Height < 1 || p.Width > maxSide || p.Height > maxSide {
		return p, fmt.Errorf("encode: a picture of %d×%d", p.Width, p.Height)
	}
	if p.FPS < 0 || p.Bitrate < 0 || p.Threads < 0 {
		return p, fmt.Errorf("encode: negative parameter in %+v", p)
	}
	p.FPS = cmp.Or(p.FPS, 60)
	p.Bitrate = cmp.Or(p.Bitrate, 8_000_000)
	return p, nil
}

// maxSide bounds a picture's sides in pixels. It is what VP8 can write (RFC
// 6386 §9.1) and H.264 level 6.2 nearly reaches.
const maxSide = 16383

// WithAudioDefaults is WithDefaults for sound.
func (p Params) WithAudioDefaults() (Params, error) {
	if p.Rate < 0 || p.Channels < 0 || p.Bitrate < 0 {
		return p, fmt.Errorf("encode: negative parameter in %+v", p)
	}
	p.Rate = cmp.Or(p.Rate, 48000)
	p.Channels = cmp.Or(p.Channels, 2)
	p.Bitrate = cmp.Or(p.Bitrate, 64_000*p.Channels)
	return p, nil
}

// Find returns those of backends that encode codec and serve, in order; with
// a name other than "" and "auto", only the one of that name, and without one
// none that is to be taken by name. With none, the error says of each why not.
func Find(backends []Backend, codec Codec, name string) ([]Backend, error) {
	var found []Backend
	var errs []error
	for _, b := range backends {
		if b.Codec.Name != codec.Name || name != "" && name != "auto" && name != b.Name {
			continue
		}
		if b.NewEncoder == nil && b.NewAudioEncoder == nil {
			continue
		}
		if name != b.Name && b.ByName != nil && b.ByName() {
			errs = append(errs, fmt.Errorf("%s: taken by name alone", b.Name))
			continue
		}
		if err := b.Probe(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", b.Name, err))
			continue
		}
		found = append(found, b)
	}
	if found == nil {
		if errs == nil {
			errs = append(errs, errors.ErrUnsupported)
		}
		return nil, fmt.Errorf("encode: no encoder for %s: %w", codec.Name, errors.Join(errs...))
	}
	return found, nil
}
