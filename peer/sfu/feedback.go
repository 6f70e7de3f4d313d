package sfu

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/media"
)

// ReadFeedback acts on the RTCP that the receiver sends about o, until sender
// is stopped.
func (o *output) ReadFeedback(sender *webrtc.RTPSender) {
	var rate media.RateMeter
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		o.mu.Lock()
		b := o.bound
		o.mu.Unlock()
		if b == nil {
			continue
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				o.requestKeyframe()
			case *rtcp.TransportLayerNack:
				o.resend(b, p)
			case *rtcp.ReceiverEstimatedMaximumBitrate:
				sent := rate.Measure(o.member.sent.Load(), time.Now())
				o.member.controller.OnREMB(int(min(p.Bitrate, 1e9)), sent)
			case *rtcp.ReceiverReport:
				o.heard(b, p.Reports)
			case *rtcp.SenderReport:
				o.heard(b, p.Reports)
			}
		}
	}
}

// requestKeyframe asks the sender for a key frame of what is sent.
func (o *output) requestKeyframe() {
	if l := o.current.Load(); l != nil && o.Kind() == webrtc.RTPCodecTypeVideo {
		l.keys.request()
	}
}

// resend answers a NACK from the packets that were sent.
func (o *output) resend(b *binding, nack *rtcp.TransportLayerNack) {
	if b.history == nil || nack.MediaSSRC != b.ssrc {
		return
	}
	now := time.Now()
	for i := range nack.Nacks {
		nack.Nacks[i].Range(func(seq uint16) bool {
			if b.history.Resend(seq, now) {
				o.stats.resent.Add(1)
			}
			return true
		})
	}
}

// heard takes the report blocks about o (RFC 3550 §6.4.1).
func (o *output) heard(b *binding, reports []rtcp.ReceptionReport) {
	for _, r := range reports {
		if r.SSRC != b.ssrc {
			continue
		}
		rtt, jitter := media.ReadReport(r, o.source.codec.ClockRate, time.Now())
		if rtt > 0 {
			o.member.roundTrip.Store(int64(rtt))
		}
		if o.Kind() == webrtc.RTPCodecTypeVideo {
			o.member.controller.OnReport(float64(r.FractionLost)/256, rtt, jitter)
		}
	}
}
