package media

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// Bytes is how many bytes of payload came.
func (in *Packets) Bytes() uint64 { return in.received.count() }

// Report is what to tell the sender of what arrived (RFC 3550 §6.4). It is
// false before the first packet.
func (in *Packets) Report() (rtcp.ReceptionReport, bool) {
	report, ok := in.received.report()
	report.SSRC = uint32(in.track.SSRC())
	return report, ok
}

// reception counts what arrives of one source, for its sender (RFC 3550
// appendices A.1, A.3 and A.8). The zero value is ready.
type reception struct {
	mu       sync.Mutex
	begun    bool
	first    uint32 // extended sequence numbers
	highest  uint32
	received uint64
	bytes    uint64
	transit  int64 // in units of the RTP timestamp
	jitter   float64

	expectedBefore, receivedBefore uint64
}

// packet counts one that arrived, or was sent again.
func (c *reception) packet(p *rtp.Packet, now time.Time, clockRate uint32, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += uint64(len(p.Payload))
	if again {
		return
	}
	seq := uint32(p.SequenceNumber)
	transit := now.UnixMicro()*int64(clockRate)/1e6 - int64(p.Timestamp)
	if !c.begun {
		c.begun, c.first, c.highest, c.transit = true, seq, seq, transit
	}
	if ahead := int16(p.SequenceNumber - uint16(c.highest)); ahead > 0 {
		c.highest += uint32(ahead)
	}
	c.received++
	// The timestamp wraps: the difference does so with it.
	d := float64(int32(transit - c.transit))
	c.transit = transit
	c.jitter += (max(d, -d) - c.jitter) / 16
}

// report is what to tell the sender, without its SSRC. It is false before the
// first packet.
func (c *reception) report() (rtcp.ReceptionReport, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.begun {
		return rtcp.ReceptionReport{}, false
	}
	expected := uint64(c.highest-c.first) + 1
	lost := int64(expected) - int64(c.received)
	interval := int64(expected - c.expectedBefore)
	missing := interval - int64(c.received-c.receivedBefore)
	c.expectedBefore, c.receivedBefore = expected, c.received
	report := rtcp.ReceptionReport{
		LastSequenceNumber: c.highest,
		TotalLost:          uint32(min(max(lost, 0), 1<<23-1)),
		Jitter:             uint32(c.jitter),
	}
	if interval > 0 && missing > 0 {
		report.FractionLost = uint8(min(missing*256/interval, 255))
	}
	return report, true
}

// count is how many bytes of payload came.
func (c *reception) count() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}
