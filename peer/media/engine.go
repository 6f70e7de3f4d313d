package media

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
)

// The header extensions that are negotiated. The last four are for an SFU:
// RFC 9143 §15, RFC 8852 §4, RFC 6464.
const (
	PlayoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
	AbsSendTimeURI  = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
	midURI          = "urn:ietf:params:rtp-hdrext:sdes:mid"
	ridURI          = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
	repairedRIDURI  = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
	AudioLevelURI   = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
)

// Engine makes pion's media engine for codecs, best first.
func Engine(codecs []encode.Codec) (*webrtc.MediaEngine, error) {
	engine := &webrtc.MediaEngine{}
	for i, c := range codecs {
		for _, p := range parameters(c, payloadType(i)) {
			if err := engine.RegisterCodec(p, KindOf(c)); err != nil {
				return nil, fmt.Errorf("media: codec %s: %w", c.Name, err)
			}
		}
	}
	for _, uri := range []string{PlayoutDelayURI, AbsSendTimeURI} {
		ext := webrtc.RTPHeaderExtensionCapability{URI: uri}
		if err := engine.RegisterHeaderExtension(ext, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, fmt.Errorf("media: extension %s: %w", uri, err)
		}
	}
	return engine, nil
}

// Forward adds to engine the header extensions by which an SFU tells the
// layers of a picture apart, and how loud a sound is.
func Forward(engine *webrtc.MediaEngine) error {
	for _, e := range []struct {
		uri  string
		kind webrtc.RTPCodecType
	}{
		{midURI, webrtc.RTPCodecTypeVideo},
		{midURI, webrtc.RTPCodecTypeAudio},
		{ridURI, webrtc.RTPCodecTypeVideo},
		{repairedRIDURI, webrtc.RTPCodecTypeVideo},
		{AudioLevelURI, webrtc.RTPCodecTypeAudio},
	} {
		if err := engine.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: e.uri}, e.kind); err != nil {
			return fmt.Errorf("media: extension %s: %w", e.uri, err)
		}
	}
	return nil
}

// parameters describes c as pt, and for video its retransmissions (RFC 4588)
// as the next.
func parameters(c encode.Codec, pt webrtc.PayloadType) []webrtc.RTPCodecParameters {
	capability := webrtc.RTPCodecCapability{
		MimeType: c.MIMEType, ClockRate: uint32(c.ClockRate), Channels: uint16(c.Channels), SDPFmtpLine: c.Fmtp,
	}
	if KindOf(c) == webrtc.RTPCodecTypeAudio {
		return []webrtc.RTPCodecParameters{{RTPCodecCapability: capability, PayloadType: pt}}
	}
	capability.RTCPFeedback = []webrtc.RTCPFeedback{
		{Type: webrtc.TypeRTCPFBGoogREMB},
		{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"},
		{Type: webrtc.TypeRTCPFBNACK},
		{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
	}
	rtx := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: uint32(c.ClockRate), SDPFmtpLine: fmt.Sprintf("apt=%d", pt)}
	return []webrtc.RTPCodecParameters{
		{RTPCodecCapability: capability, PayloadType: pt},
		{RTPCodecCapability: rtx, PayloadType: pt + 1},
	}
}

// payloadType is that of the codec with index i in those of an Engine. Browsers
// have theirs in the same range.
func payloadType(i int) webrtc.PayloadType { return webrtc.PayloadType(96 + 2*i) }

// Preferences are the parameters of the chosen codecs, best first, in an
// [Engine] of codecs. Those that it does not have are left out.
func Preferences(codecs, chosen []encode.Codec) []webrtc.RTPCodecParameters {
	var all []webrtc.RTPCodecParameters
	for _, c := range chosen {
		if i := slices.IndexFunc(codecs, func(have encode.Codec) bool { return have.Name == c.Name }); i >= 0 {
			all = append(all, parameters(c, payloadType(i))...)
		}
	}
	return all
}

// KindOf tells video from sound.
func KindOf(c encode.Codec) webrtc.RTPCodecType {
	if strings.HasPrefix(c.MIMEType, "audio/") {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}
