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
	var again allowance
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
				o.resend(b, &again, p)
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

// resend answers a NACK from the packets that were sent, unless that is more
// than the way may carry: what is lost since there is too much of it must not
// become more.
func (o *output) resend(b *binding, again *allowance, nack *rtcp.TransportLayerNack) {
	if b.history == nil || nack.MediaSSRC != b.ssrc {
		return
	}
	now := time.Now()
	again.grow(o.member.controller.Target()/resendShare, now)
	for i := range nack.Nacks {
		nack.Nacks[i].Range(func(seq uint16) bool {
			if again.packets >= 1 && b.history.Resend(seq, now) {
				again.packets--
				o.stats.resent.Add(1)
			}
			return again.packets >= 1
		})
	}
}

const (
	// resendShare is which part of what a way carries may be packets that are
	// sent again, and resendBurst how many may be so at once.
	resendShare = 4
	resendBurst = 64
	// resendBits is how long such a packet is taken to be.
	resendBits = 1200 * 8
)

// allowance is how many packets may be sent again. The zero value allows a
// burst.
type allowance struct {
	packets float64
	at      time.Time
}

// grow adds what has come with time at bps bits a second.
func (a *allowance) grow(bps int, now time.Time) {
	if a.at.IsZero() {
		a.packets = resendBurst
	} else {
		a.packets = min(a.packets+now.Sub(a.at).Seconds()*float64(bps)/resendBits, resendBurst)
	}
	a.at = now
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
