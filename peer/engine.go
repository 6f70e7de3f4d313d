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
	connectWithin     = 20 * time.Second
)

// maxChannelMessage is what is accepted on a data channel, in bytes.
const maxChannelMessage = 64 << 10

// newAPI sets pion up for the streams that o publishes and the codecs that it
// watches. watching is true for connections to hosts.
func newAPI(o Options, watching bool) (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	for i, c := range codecsOf(o) {
		if err := registerCodec(media, c, webrtc.PayloadType(96+2*i)); err != nil {
			return nil, fmt.Errorf("codec %s: %w", c.Name, err)
		}
	}
	for _, uri := range []string{playoutDelayURI, absSendTimeURI} {
		ext := webrtc.RTPHeaderExtensionCapability{URI: uri}
		if err := media.RegisterHeaderExtension(ext, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, fmt.Errorf("extension %s: %w", uri, err)
		}
	}
	registry := &interceptor.Registry{}
	if watching {
		if err := addInterceptors(registry, loggerFactory{o.Log}); err != nil {
			return nil, err
		}
	}
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(settings(o)),
	), nil
}

// codecsOf lists the codecs of the streams, best first, then those watched.
func codecsOf(o Options) []encode.Codec {
	var all []encode.Codec
	add := func(codecs []encode.Codec) {
		for _, c := range codecs {
			if !slices.ContainsFunc(all, func(have encode.Codec) bool { return have.Name == c.Name }) {
				all = append(all, c)
			}
		}
	}
	for _, s := range o.Streams {
		add(s.Codecs())
	}
	if len(all) == 0 {
		add(o.Codecs)
	}
	return all
}

// registerCodec registers c as pt, and for video its retransmissions
// (RFC 4588) as the next.
func registerCodec(media *webrtc.MediaEngine, c encode.Codec, pt webrtc.PayloadType) error {
	capability := webrtc.RTPCodecCapability{
		MimeType: c.MIMEType, ClockRate: uint32(c.ClockRate), Channels: uint16(c.Channels), SDPFmtpLine: c.Fmtp,
	}
	if kindOf(c) == webrtc.RTPCodecTypeAudio {
		return media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: capability, PayloadType: pt}, webrtc.RTPCodecTypeAudio)
	}
	capability.RTCPFeedback = []webrtc.RTCPFeedback{
		{Type: webrtc.TypeRTCPFBGoogREMB},
		{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"},
		{Type: webrtc.TypeRTCPFBNACK},
		{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
	}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: capability, PayloadType: pt}, webrtc.RTPCodecTypeVideo); err != nil {
		return err
	}
	rtx := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: uint32(c.ClockRate), SDPFmtpLine: fmt.Sprintf("apt=%d", pt)}
	return media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: rtx, PayloadType: pt + 1}, webrtc.RTPCodecTypeVideo)
}

// kindOf tells video from sound.
func kindOf(c encode.Codec) webrtc.RTPCodecType {
	if strings.HasPrefix(c.MIMEType, "audio/") {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}

// settings are what differs from pion's defaults, each for a reason.
func settings(o Options) webrtc.SettingEngine {
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
	}
	// 128-bit GCM is the cheapest per packet where processors have AES.
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	// The cookie exchange proves that an address is not forged, as ICE has
	// done already, and costs a round trip.
	s.SetDTLSInsecureSkipHelloVerify(true)
	s.SetDTLSRetransmissionInterval(200 * time.Millisecond)
	s.SetSCTPMaxMessageSize(maxChannelMessage)
	return s
}
