package peer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// The header extensions that are negotiated.
const (
	playoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
	absSendTimeURI  = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
)

// The times of ICE (RFC 8445) and of mending it.
const (
	disconnectedAfter = 3 * time.Second
	failedAfter       = 8 * time.Second
	keepaliveEvery    = 2 * time.Second // when nothing else is sent
	restartAfter      = time.Second     // of being disconnected
	goodbyeWithin     = time.Second
)

// maxChannelMessage is what is accepted on a data channel, in bytes.
const maxChannelMessage = 64 << 10

// newAPI sets pion up. There are no interceptors, as each would cost each
// packet of each viewer, and what they do is done elsewhere: retransmission by
// history, which shares the payloads of all viewers; asking for it by reorder,
// which knows what is missing; reports by reports.go, whose times are those of
// capture. Transport-wide feedback costs more than goog-remb, and nothing uses
// it yet.
func newAPI(o Options) (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	for i, c := range o.Codecs {
		for _, p := range parameters(c, payloadType(i)) {
			if err := media.RegisterCodec(p, kindOf(c)); err != nil {
				return nil, fmt.Errorf("codec %s: %w", c.Name, err)
			}
		}
	}
	for _, uri := range []string{playoutDelayURI, absSendTimeURI} {
		ext := webrtc.RTPHeaderExtensionCapability{URI: uri}
		if err := media.RegisterHeaderExtension(ext, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, fmt.Errorf("extension %s: %w", uri, err)
		}
	}
	s, err := settings(o)
	if err != nil {
		return nil, err
	}
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}),
		webrtc.WithSettingEngine(s),
	), nil
}

// parameters describes c as pt, and for video its retransmissions (RFC 4588)
// as the next.
func parameters(c encode.Codec, pt webrtc.PayloadType) []webrtc.RTPCodecParameters {
	capability := webrtc.RTPCodecCapability{
		MimeType: c.MIMEType, ClockRate: uint32(c.ClockRate), Channels: uint16(c.Channels), SDPFmtpLine: c.Fmtp,
	}
	if kindOf(c) == webrtc.RTPCodecTypeAudio {
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

// payloadType is that of the codec with index i in Options.Codecs. Browsers
// have theirs in the same range.
func payloadType(i int) webrtc.PayloadType { return webrtc.PayloadType(96 + 2*i) }

// preferences are the parameters of the codecs that s is offered in, best
// first.
func (o *Options) preferences(s *streams.Track) []webrtc.RTPCodecParameters {
	var all []webrtc.RTPCodecParameters
	for _, c := range s.Codecs() {
		if i := slices.IndexFunc(o.Codecs, func(have encode.Codec) bool { return have.Name == c.Name }); i >= 0 {
			all = append(all, parameters(c, payloadType(i))...)
		}
	}
	return all
}

// kindOf tells video from sound.
func kindOf(c encode.Codec) webrtc.RTPCodecType {
	if strings.HasPrefix(c.MIMEType, "audio/") {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}

// settings are what differs from pion's defaults, each for a reason.
func settings(o Options) (webrtc.SettingEngine, error) {
	var s webrtc.SettingEngine
	s.LoggerFactory = loggerFactory{o.Log}
	s.SetICETimeouts(disconnectedAfter, failedAfter, keepaliveEvery)
	// A browser hides its addresses, so that it shows as peer-reflexive.
	// Waiting for something better costs a second; there is nothing better.
	s.SetPrflxAcceptanceMinWait(0)
	s.SetSrflxAcceptanceMinWait(0)
	s.SetRelayAcceptanceMinWait(500 * time.Millisecond)
	// Names of other machines would need a socket of their own to resolve,
	// and the peer-reflexive way serves.
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	// Host and viewer may be one machine.
	s.SetIncludeLoopbackCandidate(true)
	networks := []webrtc.NetworkType{webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6}
	if !o.TCPOnly {
		networks = append(networks, webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6)
	}
	s.SetNetworkTypes(networks)
	if o.Port != nil {
		if !o.TCPOnly {
			s.SetICEUDPMux(o.Port.udp)
		}
		s.SetICETCPMux(o.Port.tcp)
	} else if o.UDPPorts != [2]uint16{} {
		if err := s.SetEphemeralUDPPortRange(o.UDPPorts[0], o.UDPPorts[1]); err != nil {
			return s, fmt.Errorf("UDP ports %d to %d: %w", o.UDPPorts[0], o.UDPPorts[1], err)
		}
	}
	// 128-bit GCM is the cheapest per packet where processors have AES.
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	// The cookie exchange proves that an address is not forged, as ICE has
	// done already, and costs a round trip.
	s.SetDTLSInsecureSkipHelloVerify(true)
	s.SetDTLSRetransmissionInterval(200 * time.Millisecond)
	s.SetSCTPMaxMessageSize(maxChannelMessage)
	return s, nil
}
