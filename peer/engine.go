package peer

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer/media"
)

// The times of ICE (RFC 8445) and of mending it.
const (
	disconnectedAfter = 3 * time.Second
	failedAfter       = 8 * time.Second
	keepaliveEvery    = 2 * time.Second // when nothing else is sent
	restartAfter      = time.Second     // of being disconnected
	goodbyeWithin     = time.Second
)

// maxChannelMessage is what is accepted on a data channel unless
// [APIOptions] says otherwise, in bytes.
const maxChannelMessage = 64 << 10

// APIOptions says what [NewAPI] sets up.
type APIOptions struct {
	// Port is where ICE listens. Nil means ports of its own for each
	// connection, of UDPPorts if these are not zero.
	Port     *Port
	UDPPorts [2]uint16
	// TCPOnly leaves UDP out.
	TCPOnly bool
	// ICEServers are STUN and TURN servers; with RelayOnly nothing but TURN
	// is used.
	ICEServers []ICEServer
	RelayOnly  bool
	// Codecs are what is sent and received, best first.
	Codecs []encode.Codec
	// MaxMessage is what is accepted on a data channel, in bytes. Zero means
	// 64 KiB.
	MaxMessage int
	// Forward adds what an SFU needs to know of the packets that it forwards.
	Forward bool
	// Log receives what pion has to say, at the level of debugging. Nil
	// discards.
	Log *slog.Logger
}

// NewAPI sets pion up as every connection of this module has it, whatever
// system two peers met by. The configuration is for all connections of one
// peer: they share its certificate.
func NewAPI(o APIOptions) (*webrtc.API, webrtc.Configuration, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	api, err := buildAPI(o)
	if err != nil {
		return nil, webrtc.Configuration{}, fmt.Errorf("peer: %w", err)
	}
	config, err := configuration(Options{ICEServers: o.ICEServers, RelayOnly: o.RelayOnly})
	if err != nil {
		return nil, webrtc.Configuration{}, fmt.Errorf("peer: %w", err)
	}
	return api, config, nil
}

func newAPI(o Options) (*webrtc.API, error) {
	return buildAPI(APIOptions{Port: o.Port, UDPPorts: o.UDPPorts, TCPOnly: o.TCPOnly, Codecs: o.Codecs, Log: o.Log})
}

// buildAPI sets pion up. There are no interceptors, as each would cost each
// packet of each viewer, and what they do is done elsewhere: retransmission by
// history, which shares the payloads of all viewers; asking for it by reorder,
// which knows what is missing; reports by reports.go, whose times are those of
// capture. Transport-wide feedback costs more than goog-remb, and nothing uses
// it yet.
func buildAPI(o APIOptions) (*webrtc.API, error) {
	engine, err := media.Engine(o.Codecs)
	if err != nil {
		return nil, err
	}
	if o.Forward {
		if err := media.Forward(engine); err != nil {
			return nil, err
		}
	}
	s, err := settings(o)
	if err != nil {
		return nil, err
	}
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(engine),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}),
		webrtc.WithSettingEngine(s),
	), nil
}

// settings are what differs from pion's defaults, each for a reason.
func settings(o APIOptions) (webrtc.SettingEngine, error) {
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
	if o.MaxMessage <= 0 {
		o.MaxMessage = maxChannelMessage
	}
	s.SetSCTPMaxMessageSize(uint32(o.MaxMessage))
	return s, nil
}
