package sfu

import (
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

func start(t *testing.T, o Options) *SFU {
	t.Helper()
	o.Log = peertest.Log(t)
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// lossy is a socket that loses one of so many of the packets of media that
// come; zero loses none, one all. It loses as well what is more than some bits
// a second; zero is no limit.
type lossy struct {
	net.PacketConn
	lose atomic.Int32
	n    atomic.Int32
	rate atomic.Int64

	// Of the one that reads.
	bits float64 // that may come now
	last time.Time
}

// narrow tells whether a packet of n bytes is too much.
func (l *lossy) narrow(n int) bool {
	rate := float64(l.rate.Load())
	if rate == 0 {
		return false
	}
	now := time.Now()
	l.bits = min(l.bits+now.Sub(l.last).Seconds()*rate, rate/10)
	l.last = now
	if l.bits < 0 {
		return true
	}
	l.bits -= float64(n * 8)
	return false
}

func (l *lossy) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := l.PacketConn.ReadFrom(b)
		pt := b[1] & 0x7f
		media := n > 12 && b[0]>>6 == 2 && (pt < 64 || pt > 95) // RFC 5761 §4
		if lose := l.lose.Load(); err == nil && media && lose > 0 && l.n.Add(1)%lose == 0 {
			continue
		}
		if err == nil && media && l.narrow(n) {
			continue
		}
		return n, from, err
	}
}

// client is a page: one connection that answers.
type client struct {
	t      *testing.T
	id     string
	pc     *webrtc.PeerConnection
	net    *lossy
	member *Member
	joined chan struct{} // closed once there is a member
	video  *webrtc.TrackLocalStaticRTP
	sender *webrtc.RTPSender             // of video
	layers []*webrtc.TrackLocalStaticRTP // its encodings, the first of which is video
	look   func(*rtp.Packet)             // at what comes, in order
	closed chan error
	clash  atomic.Int32 // offers that came before the last was answered
	wg     sync.WaitGroup

	mu      sync.Mutex
	sdps    map[string]bool
	streams map[string]string
	got     map[string]*received // by msid
}

// received is what came in a MediaStream.
type received struct {
	packets, lost atomic.Int64
}

func codecs() []encode.Codec { return []encode.Codec{encode.VP8, encode.Opus} }

// enter connects a client to a room. It sends a picture if it should.
func enter(t *testing.T, s *SFU, room, id string, sends bool) *client {
	t.Helper()
	c := newClient(t, id)
	if sends {
		c.sends("")
	}
	c.join(s, room)
	return c
}

// newClient makes a client that is to be joined.
func newClient(t *testing.T, id string) *client {
	t.Helper()
	engine, err := media.Engine(codecs())
	if err == nil {
		err = media.Forward(engine)
	}
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &client{
		t: t, id: id, net: &lossy{PacketConn: socket}, closed: make(chan error, 1), joined: make(chan struct{}),
		look: func(*rtp.Packet) {},
		sdps: map[string]bool{}, streams: map[string]string{}, got: map[string]*received{},
	}
	var settings webrtc.SettingEngine
	mux := webrtc.NewICEUDPMux(nil, c.net)
	settings.SetICEUDPMux(mux)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	if c.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		t.Fatal(err)
	}
	c.pc.OnTrack(c.onTrack)
	t.Cleanup(func() {
		_ = c.pc.GracefulClose()
		c.wg.Wait()
		_ = mux.Close()
		_ = socket.Close()
	})
	return c
}

// sends has the client send a picture, in encodings of these names.
func (c *client) sends(rids ...string) {
	c.t.Helper()
	for _, rid := range rids {
		codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
		var o []func(*webrtc.TrackLocalStaticRTP)
		if rid != "" {
			o = append(o, webrtc.WithRTPStreamID(rid))
		}
		track, err := webrtc.NewTrackLocalStaticRTP(codec, "video", "mine", o...)
		if err == nil && c.sender == nil {
			c.sender, err = c.pc.AddTrack(track)
		} else if err == nil {
			err = c.sender.AddEncoding(track)
		}
		if err != nil {
			c.t.Fatal(err)
		}
		c.layers = append(c.layers, track)
	}
	c.video = c.layers[0]
}

func (c *client) join(s *SFU, room string) {
	c.t.Helper()
	var err error
	c.member, err = s.Join(room, c.id, MemberOptions{Offer: c.answer, Closed: func(err error) { c.closed <- err }})
	if err != nil {
		c.t.Fatal(err)
	}
	close(c.joined)
	c.t.Cleanup(func() { _ = c.member.Close() })
}

// answer is what a page does with an offer.
func (c *client) answer(sdp string, streams map[string]string) {
	<-c.joined
	if c.pc.SignalingState() != webrtc.SignalingStateStable {
		c.clash.Add(1)
	}
	c.mu.Lock()
	if c.sdps[sdp] {
		c.t.Errorf("%s was offered the same twice", c.id)
	}
	c.sdps[sdp], c.streams = true, streams
	c.mu.Unlock()
	if !strings.Contains(sdp, "a=candidate") {
		c.t.Errorf("%s: an offer has no candidates", c.id)
	}
	err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp})
	if err == nil {
		var answer webrtc.SessionDescription
		if answer, err = c.pc.CreateAnswer(nil); err == nil {
			gathered := webrtc.GatheringCompletePromise(c.pc)
			err = c.pc.SetLocalDescription(answer)
			<-gathered
		}
	}
	if err == nil {
		err = c.member.Answer(c.pc.LocalDescription().SDP)
	}
	if err != nil && !errors.Is(err, net.ErrClosed) && c.pc.ConnectionState() != webrtc.PeerConnectionStateClosed && c.member.ctx.Err() == nil {
		c.t.Errorf("%s does not answer: %v", c.id, err)
	}
}

func (c *client) onTrack(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	if track.Kind() != webrtc.RTPCodecTypeVideo {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.got[track.StreamID()]
	if r == nil {
		r = &received{}
		c.got[track.StreamID()] = r
	}
	in := media.NewPackets(track, media.ReceiverOptions{WriteRTCP: c.pc.WriteRTCP})
	reported := time.Now()
	c.wg.Go(func() {
		in.Run(func(p *rtp.Packet, lost bool) {
			if time.Since(reported) > reportEvery/2 {
				reported = time.Now()
				if report, ok := in.Report(); ok {
					_ = c.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{report}}}) // a lost one is followed by another
				}
			}
			c.look(p)
			r.packets.Add(1)
			if lost {
				r.lost.Add(1)
			}
		})
	})
}

// from is what came from another member, or nil.
func (c *client) from(id string) *received {
	c.mu.Lock()
	defer c.mu.Unlock()
	for msid, owner := range c.streams {
		if owner == id && c.got[msid] != nil {
			return c.got[msid]
		}
	}
	return nil
}

// gets waits for n more packets from another member.
func (c *client) gets(id string, n int64) {
	c.t.Helper()
	before := int64(0)
	if r := c.from(id); r != nil {
		before = r.packets.Load()
	}
	peertest.Eventually(c.t, c.id+" gets packets of "+id, func() bool {
		r := c.from(id)
		return r != nil && r.packets.Load() >= before+n
	})
}

// vp8 is the payload of a frame: a descriptor with a picture id of 15 bits, an
// index and a temporal layer, and the first byte of a frame.
func vp8(key bool, picture uint16, base, temporal uint8) []byte {
	first := byte(1)
	if key {
		first = 0
	}
	return append([]byte{0x90, 0xe0, byte(picture>>8) | 0x80, byte(picture), base, temporal<<6 | 0x20, first}, make([]byte, 200)...)
}

// send sends frames of one packet until the test ends, every 20th a key frame.
func (c *client) send() {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	c.t.Cleanup(func() { close(stop); wg.Wait() })
	wg.Go(func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
			p := &rtp.Packet{
				Header:  rtp.Header{Version: 2, Marker: true, SequenceNumber: uint16(n), Timestamp: uint32(n) * 900},
				Payload: vp8(n%20 == 0, uint16(n)&0x7fff, uint8(n/2), uint8(n%2)),
			}
			_ = c.video.WriteRTP(p) // an error is a loss
		}
	})
}
