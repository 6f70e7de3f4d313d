package media

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// ReadFeedback acts on the RTCP that the receiver sends about t, until sender
// is stopped.
func (t *Sender) ReadFeedback(sender *webrtc.RTPSender) {
	var rate RateMeter
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		sink, w := t.bound()
		if sink == nil {
			continue
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.PictureLossIndication:
				t.stats.plis.Add(1)
				sink.RequestKeyframe()
			case *rtcp.FullIntraRequest:
				t.stats.firs.Add(1)
				sink.RequestKeyframe()
			case *rtcp.TransportLayerNack:
				t.resend(w, p)
			case *rtcp.ReceiverEstimatedMaximumBitrate:
				t.stats.remb.Store(int64(p.Bitrate))
				t.o.Controller.OnREMB(int(min(p.Bitrate, 1e9)), rate.Measure(t.stats.bytes.Load(), time.Now()))
			case *rtcp.ReceiverReport:
				t.heard(w, p.Reports)
			case *rtcp.SenderReport:
				t.heard(w, p.Reports)
			}
		}
		if t.kind == webrtc.RTPCodecTypeVideo {
			sink.SetBitrate(t.o.Controller.Target())
		}
	}
}

// RateMeter measures a bit rate over half a second or more.
type RateMeter struct {
	bytes uint64
	at    time.Time
	bps   int
}

// Measure is told how many bytes there were in all, and returns the bit rate
// of late.
func (m *RateMeter) Measure(bytes uint64, now time.Time) int {
	if d := now.Sub(m.at); d >= 500*time.Millisecond {
		if !m.at.IsZero() {
			m.bps = int(float64(bytes-m.bytes) * 8 / d.Seconds())
		}
		m.bytes, m.at = bytes, now
	}
	return m.bps
}

func (t *Sender) resend(w *wire, nack *rtcp.TransportLayerNack) {
	t.stats.nacks.Add(1)
	if w.history == nil || nack.MediaSSRC != w.ssrc {
		return
	}
	now := time.Now()
	for i := range nack.Nacks {
		nack.Nacks[i].Range(func(seq uint16) bool {
			if w.history.Resend(seq, now) {
				t.stats.retransmitted.Add(1)
			}
			return true
		})
	}
}

// heard takes the report blocks about t (RFC 3550 §6.4.1).
func (t *Sender) heard(w *wire, reports []rtcp.ReceptionReport) {
	for _, r := range reports {
		if r.SSRC != w.ssrc {
			continue
		}
		loss := float64(r.FractionLost) / 256
		rtt, jitter := ReadReport(r, w.clockRate, time.Now())
		t.stats.lost.Store(int64(r.FractionLost))
		t.stats.jitter.Store(int64(jitter))
		if rtt > 0 {
			t.stats.rtt.Store(int64(rtt))
		}
		if t.kind == webrtc.RTPCodecTypeVideo {
			t.o.Controller.OnReport(loss, rtt, jitter)
		}
	}
}

// ReadReport is the round trip time by a report about what we sent, with our
// own reports' clock, and the jitter that it names. The first is zero when it
// is not known.
func ReadReport(r rtcp.ReceptionReport, clockRate uint32, now time.Time) (rtt, jitter time.Duration) {
	jitter = time.Duration(r.Jitter) * time.Second / time.Duration(clockRate)
	if r.LastSenderReport == 0 {
		return 0, jitter
	}
	// In 1/65536 s, modulo 2³²; a clock that was set back shows as a round
	// trip of hours.
	units := uint32(NTP(now)>>16) - r.LastSenderReport - r.Delay
	if rtt = time.Duration(units) * time.Second >> 16; rtt > time.Minute {
		return 0, jitter
	}
	return rtt, jitter
}
