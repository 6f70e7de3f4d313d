package bench

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	// fanPackets and fanPayload are 4 Mbit/s, evenly spread, as a sender that
	// paces itself sends; 14 packets are a frame.
	fanPackets = 416 // a second
	fanPayload = 1200
	fanFrame   = 14
	// fanLongest bounds the packets of one measurement.
	fanLongest = 120 * fanPackets
	// fanPatience is for everybody to be connected.
	fanPatience = time.Minute
)

// Where a packet's number and time are in its payload, behind the descriptor
// of VP8 and the first byte of the frame.
const (
	fanNumberAt = 8
	fanTimeAt   = 12
)

// Forwarder is a program that forwards what one peer sends to many.
type Forwarder interface {
	// Send connects pc, which has a track of video, as the one that sends.
	Send(pc *webrtc.PeerConnection) error
	// Receive connects pc, which is to get that track.
	Receive(pc *webrtc.PeerConnection) error
	// Close ends what belongs to the connections, but not the program.
	Close() error
}

// Fan is one peer that sends a picture, and many that receive it by way of a
// [Forwarder]. All are in this process, and so have one clock.
type Fan struct {
	api       *webrtc.API
	f         Forwarder
	pcs       []*webrtc.PeerConnection
	receivers []*fanReceiver
	sent      atomic.Int64 // packets
	key       atomic.Bool  // the next frame is a key frame
	stop      chan struct{}
	wg        sync.WaitGroup
}

// fanReceiver notes when what came.
type fanReceiver struct {
	delays []time.Duration // of each packet that was sent; zero for those that did not come
	came   chan struct{}   // closed at the first
	once   sync.Once
	slow   *atomic.Bool // while true, it says that it got a tenth of what it gets; nil for those that never are
}

// OpenFan connects one that sends, and returns when it does.
func OpenFan(f Forwarder) (*Fan, error) {
	engine := &webrtc.MediaEngine{}
	if err := engine.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
		},
		PayloadType: 96,
	}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	var s webrtc.SettingEngine
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	n := &Fan{
		f: f, stop: make(chan struct{}),
		api: webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(&interceptor.Registry{})),
	}
	if err := n.send(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Fan) connection() (*webrtc.PeerConnection, error) {
	pc, err := n.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	n.pcs = append(n.pcs, pc)
	return pc, nil
}

func (n *Fan) send() error {
	pc, err := n.connection()
	if err != nil {
		return err
	}
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "fan")
	if err != nil {
		return err
	}
	sender, err := pc.AddTrack(track)
	if err != nil {
		return err
	}
	connected := make(chan struct{})
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	if err := n.f.Send(pc); err != nil {
		return err
	}
	select {
	case <-connected:
	case <-time.After(fanPatience):
		return errors.New("bench: nobody takes what is to be forwarded")
	}
	n.wg.Go(func() { n.listen(sender) })
	n.wg.Go(func() { n.run(track) })
	return nil
}

// listen makes key frames when they are asked for.
func (n *Fan) listen(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				n.key.Store(true)
			}
		}
	}
}

// run sends packets until the end.
func (n *Fan) run(track *webrtc.TrackLocalStaticRTP) {
	n.key.Store(true)
	start := time.Now()
	p := &rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, fanPayload)}
	key := false
	for i := range fanLongest {
		select {
		case <-n.stop:
			return
		case <-time.After(time.Until(start.Add(time.Duration(i) * time.Second / fanPackets))):
		}
		picture, part := i/fanFrame, i%fanFrame
		if part == 0 {
			key = n.key.Swap(false)
		}
		fanDescribe(p.Payload, uint16(picture)&0x7fff, part == 0, key)
		p.SequenceNumber, p.Timestamp, p.Marker = uint16(i), uint32(picture*3000), part == fanFrame-1
		binary.BigEndian.PutUint32(p.Payload[fanNumberAt:], uint32(i))
		binary.BigEndian.PutUint64(p.Payload[fanTimeAt:], uint64(Now()))
		_ = track.WriteRTP(p) // an error is a loss
		n.sent.Store(int64(i) + 1)
	}
}

// fanDescribe writes the descriptor of VP8 (RFC 7741 §4.2) and the first byte
// of a frame.
func fanDescribe(b []byte, picture uint16, first, key bool) {
	b[0], b[1] = 0x80, 0x80 // there are more bytes: a picture id
	if first {
		b[0] |= 0x10
	}
	binary.BigEndian.PutUint16(b[2:], picture|0x8000)
	b[4] = 1
	if key {
		b[4] = 0
	}
}

// Join connects more that receive, and returns when all of them do. With slow
// they are slow while that is true, and never measured.
func (n *Fan) Join(count int, slow *atomic.Bool) error {
	fresh := make([]*fanReceiver, count)
	for i := range fresh {
		r := &fanReceiver{delays: make([]time.Duration, fanLongest), came: make(chan struct{}), slow: slow}
		pc, err := n.connection()
		if err != nil {
			return err
		}
		pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { n.wg.Go(func() { r.run(pc, t) }) })
		if err := n.f.Receive(pc); err != nil {
			return err
		}
		fresh[i] = r
	}
	for i, r := range fresh {
		select {
		case <-r.came:
		case <-time.After(fanPatience):
			return fmt.Errorf("bench: nothing reaches receiver %d of %d", i+1, count)
		}
	}
	n.receivers = append(n.receivers, fresh...)
	return nil
}

// run reads what comes. One that is slow asks again and again.
func (r *fanReceiver) run(pc *webrtc.PeerConnection, t *webrtc.TrackRemote) {
	b := make([]byte, 1500)
	var h rtp.Header
	var missed []uint16
	for {
		size, _, err := t.Read(b)
		if err != nil {
			return
		}
		now := Now()
		head, err := h.Unmarshal(b[:size])
		if err != nil || size-head < fanTimeAt+8 {
			continue
		}
		payload := b[head:size]
		if number := binary.BigEndian.Uint32(payload[fanNumberAt:]); number < fanLongest && r.delays[number] == 0 {
			r.delays[number] = now - time.Duration(binary.BigEndian.Uint64(payload[fanTimeAt:]))
		}
		r.once.Do(func() { close(r.came) })
		if missed = append(missed, h.SequenceNumber); len(missed) == 10 && r.slow != nil && r.slow.Load() {
			_ = pc.WriteRTCP([]rtcp.Packet{
				&rtcp.TransportLayerNack{MediaSSRC: h.SSRC, Nacks: rtcp.NackPairsFromSequenceNumbers(missed[1:])},
				&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: h.SSRC, FractionLost: 230, LastSequenceNumber: uint32(h.SequenceNumber)}}},
			}) // the next makes good for it
		}
		missed = missed[:len(missed)%10]
	}
}

// Window is what was received of what was sent in some time.
type Window struct {
	from, to int
	// Delays are from before a packet was sent until it was read, in ms, of
	// those receivers that are not slow.
	Delays []float64
	// Expected is how many of them there should be.
	Expected int
}

// Lost is the share of packets that did not come, in percent.
func (w Window) Lost() float64 { return 100 * float64(w.Expected-len(w.Delays)) / float64(w.Expected) }

// P99 is the 99th percentile of the delays.
func (w Window) P99() float64 { return Quantile(sortedCopy(w.Delays), 0.99) }

// Measure lets d pass; what was received is known once the Fan is closed.
func (n *Fan) Measure(d time.Duration) *Window {
	w := &Window{from: int(n.sent.Load())}
	time.Sleep(d)
	w.to = int(n.sent.Load())
	return w
}

// Close ends all connections, after what is under way has come.
func (n *Fan) Close() error {
	close(n.stop)
	time.Sleep(time.Second)
	var errs []error
	for _, pc := range n.pcs {
		errs = append(errs, pc.Close())
	}
	errs = append(errs, n.f.Close())
	n.wg.Wait()
	return errors.Join(errs...)
}

// Fill sets what was received in w. The Fan is closed.
func (n *Fan) Fill(w *Window) {
	for _, r := range n.receivers {
		if r.slow != nil {
			continue
		}
		w.Expected += w.to - w.from
		for _, d := range r.delays[w.from:w.to] {
			if d > 0 {
				w.Delays = append(w.Delays, Milliseconds(d))
			}
		}
	}
	w.Delays = slices.Clip(w.Delays)
}
