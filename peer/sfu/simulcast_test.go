package sfu

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/peer/peertest"
)

// rids are the names of three encodings, sizes the bytes of their frames. At 100
// frames a second the rates are 200, 640 and 880 kbit/s, and half of it is in
// temporal layer 0.
var (
	rids  = []string{"l", "m", "h"}
	sizes = []int{250, 800, 1100}
)

// dial is a congestion.Controller that a test turns.
type dial struct{ bps atomic.Int64 }

func newDial(bps int64) *dial {
	d := &dial{}
	d.bps.Store(bps)
	return d
}

func (d *dial) OnREMB(int, int)                                {}
func (d *dial) OnReport(float64, time.Duration, time.Duration) {}
func (d *dial) Target() int                                    { return int(d.bps.Load()) }

// simulcast sends all encodings until the test ends, a key frame of one when
// that is asked for, and never else.
func (c *client) simulcast() {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	c.t.Cleanup(func() { close(stop); wg.Wait() })
	for i, track := range c.layers {
		var key atomic.Bool
		key.Store(true)
		go func() { // ends with the connection
			for {
				packets, _, err := c.sender.ReadSimulcastRTCP(track.RID())
				if err != nil {
					return
				}
				for _, p := range packets {
					if _, ok := p.(*rtcp.PictureLossIndication); ok {
						key.Store(true)
					}
				}
			}
		}()
		wg.Go(func() { c.sendLayer(i, track, &key, stop) })
	}
}

// sendLayer sends one encoding, whose numbers have nothing to do with those of
// the others.
func (c *client) sendLayer(i int, track *webrtc.TrackLocalStaticRTP, key *atomic.Bool, stop chan struct{}) {
	seq, timestamp, picture, base := uint16(rand.Uint32()), rand.Uint32(), uint16(rand.Uint32()), uint8(rand.Uint32())
	temporal := uint8(0)
	began := time.Now()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-time.After(time.Until(began.Add(time.Duration(n) * 10 * time.Millisecond))):
		}
		isKey := key.Swap(false)
		temporal = 1 - temporal
		if isKey {
			temporal = 0
		}
		if temporal == 0 {
			base++
		}
		payload := slices.Concat(vp8(isKey, picture&0x7fff, base, temporal), make([]byte, sizes[i]))[:sizes[i]]
		payload[7] = byte(i)
		p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: seq, Timestamp: timestamp}, Payload: payload}
		for _, e := range c.sender.GetParameters().HeaderExtensions {
			value := ""
			switch e.URI {
			case "urn:ietf:params:rtp-hdrext:sdes:mid":
				value = c.pc.GetTransceivers()[0].Mid()
			case "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id":
				value = track.RID()
			}
			if value != "" {
				_ = p.SetExtension(uint8(e.ID), []byte(value))
			}
		}
		_ = track.WriteRTP(p) // an error is a loss
		seq, timestamp, picture = seq+1, timestamp+900, picture+1
	}
}

// frames looks at the packets of simulcast as a decoder would.
type frames struct {
	t     *testing.T
	lossy bool // some may be missing

	mu       sync.Mutex
	last     *rtp.Packet
	layer    int
	counts   [3][2]int // by layer and temporal layer, since reset
	switches int
}

func (f *frames) look(p *rtp.Packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, layer := describeVP8(p.Payload), int(p.Payload[7])
	if f.last == nil && !d.key {
		f.t.Error("it begins without a key frame")
	}
	if f.last != nil && !f.lossy {
		before := describeVP8(f.last.Payload)
		if got := p.SequenceNumber - f.last.SequenceNumber; got != 1 {
			f.t.Errorf("after the sequence number %d comes %d", f.last.SequenceNumber, p.SequenceNumber)
		}
		if passed := p.Timestamp - f.last.Timestamp; passed == 0 || passed > 10*90000 {
			f.t.Errorf("after the timestamp %d comes %d", f.last.Timestamp, p.Timestamp)
		}
		if got := (d.picture - before.picture) & 0x7fff; got != 1 {
			f.t.Errorf("after the picture %d comes %d", before.picture, d.picture)
		}
		want := uint8(1)
		if d.temporal > 0 {
			want = 0
		}
		if d.base-before.base != want {
			f.t.Errorf("after the base %d comes %d in temporal layer %d", before.base, d.base, d.temporal)
		}
		if layer != f.layer {
			f.switches++
			if !d.key {
				f.t.Errorf("it goes from layer %d to %d without a key frame", f.layer, layer)
			}
		}
	}
	f.last, f.layer = p, layer
	f.counts[layer][d.temporal]++
}

// settles waits until nothing but a layer has come for some frames.
func (f *frames) settles(layer int, temporal bool) {
	f.t.Helper()
	const enough = 40
	peertest.Eventually(f.t, "it settles on "+rids[layer], func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		for i, n := range f.counts {
			if i != layer && n != [2]int{} || i == layer && !temporal && n[1] > 0 {
				f.counts = [3][2]int{}
				return false
			}
		}
		n := f.counts[layer]
		return n[0] >= enough && (n[1] >= enough/2) == temporal
	})
}

func TestReceiverGetsTheEncodingThatItsWayCarries(t *testing.T) {
	budget := newDial(2_000_000)
	s := start(t, Options{Layers: rids, Controller: func() congestion.Controller { return budget }})
	a, b := newClient(t, "a"), newClient(t, "b")
	a.sends(rids...)
	seen := &frames{t: t}
	b.look = seen.look
	a.join(s, "r")
	b.join(s, "r")
	a.simulcast()
	seen.settles(2, true)
	budget.bps.Store(700_000)
	seen.settles(1, true)
	budget.bps.Store(250_000)
	seen.settles(0, true)
	budget.bps.Store(150_000)
	seen.settles(0, false)
	budget.bps.Store(2_000_000)
	seen.settles(2, true)
	if seen.switches < 3 {
		t.Errorf("it has switched %d times", seen.switches)
	}
}

func TestNarrowWayGetsALesserEncodingUntilItIsWideAgain(t *testing.T) {
	s := start(t, Options{Layers: rids, Controller: func() congestion.Controller { return congestion.NewBackoff(2_000_000) }})
	a, b, c := newClient(t, "a"), newClient(t, "b"), newClient(t, "c")
	a.sends(rids...)
	narrow, wide := &frames{t: t, lossy: true}, &frames{t: t}
	b.look, c.look = narrow.look, wide.look
	a.join(s, "r")
	b.join(s, "r")
	c.join(s, "r")
	a.simulcast()
	narrow.settles(2, true)
	b.net.rate.Store(280_000)
	narrow.settles(0, true)
	b.net.rate.Store(0)
	narrow.settles(1, false)
	wide.settles(2, true) // and loses nothing
}

func TestEncodingsThatNobodyAskedForDoNoHarm(t *testing.T) {
	s := start(t, Options{})
	a, b, c := newClient(t, "a"), newClient(t, "b"), newClient(t, "c")
	a.sends(rids...)
	c.sends("")
	a.join(s, "r")
	b.join(s, "r")
	c.join(s, "r")
	a.simulcast()
	c.send()
	b.gets("c", 20)
	b.gets("a", 20)
	c.gets("a", 20)
	if err := a.member.Close(); err != nil {
		t.Error(err)
	}
	b.gets("c", 20)
}
