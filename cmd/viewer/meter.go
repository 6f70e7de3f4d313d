package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/media"
)

// report is one line of --stats json. Counts are since the start; rates and
// times are of the second just past.
type report struct {
	// Seconds since the start.
	Seconds float64 `json:"seconds"`
	// State is that of the connection: "connected", or what else it is.
	State string `json:"state"`
	// Codec, Width and Height are of the last picture.
	Codec  string `json:"codec"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	// FramesReceived counts whole pictures as they came.
	FramesReceived int `json:"framesReceived"`
	// FramesDecoded counts pictures, KeyFramesDecoded the key frames among
	// them, FramesUndecoded those that the decoder refused.
	FramesDecoded    int `json:"framesDecoded"`
	KeyFramesDecoded int `json:"keyFramesDecoded"`
	FramesUndecoded  int `json:"framesUndecoded"`
	// Losses counts the holes in the picture's stream.
	Losses int `json:"losses"`
	// BytesReceived counts the payload of picture and sound.
	BytesReceived int `json:"bytesReceived"`
	// FPS is received pictures a second, Bitrate bits a second.
	FPS     float64 `json:"fps"`
	Bitrate float64 `json:"bitrate"`
	// FrameAge and FrameAge95 are the median and the 95th percentile of the
	// time from capture to decoded picture, GapMax the longest time between
	// two pictures, RoundTrip that of the control channel; in ms.
	FrameAge   float64 `json:"frameAgeMs"`
	FrameAge95 float64 `json:"frameAge95Ms"`
	GapMax     float64 `json:"gapMaxMs"`
	RoundTrip  float64 `json:"roundTripMs"`
	// SamplesDecoded counts samples of sound in each channel, and Loudness is
	// their root mean square, 1 being the loudest there is.
	SamplesDecoded int     `json:"samplesDecoded"`
	Loudness       float64 `json:"loudness"`
}

// meter measures what a viewer sees and hears.
type meter struct {
	began time.Duration

	mu      sync.Mutex
	remote  *peer.Remote
	total   report
	frames  int // of this second
	bytes   int
	ages    []time.Duration
	gap     time.Duration
	last    time.Duration // when the last picture was decoded
	power   float64
	samples int
}

func newMeter() *meter { return &meter{began: capture.Now()} }

// empty is true until something was connected.
func (m *meter) empty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.remote == nil
}

func (m *meter) connected(r *peer.Remote) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remote = r
}

// received notes a chunk of the picture.
func (m *meter) received(codec encode.Codec, c *media.Chunk) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total.Codec = codec.Name
	m.total.FramesReceived++
	m.frames++
	m.bytes += len(c.Data)
	m.total.BytesReceived += len(c.Data)
	if c.Lost {
		m.total.Losses++
	}
}

// decoded notes that c was decoded at now, into f, which may be nil.
func (m *meter) decoded(c *media.Chunk, f *capture.Frame, now time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f == nil {
		return
	}
	m.total.Width, m.total.Height = f.Width, f.Height
	m.total.FramesDecoded++
	if c.Key {
		m.total.KeyFramesDecoded++
	}
	m.ages = append(m.ages, now-c.Time)
	if m.last != 0 {
		m.gap = max(m.gap, now-m.last)
	}
	m.last = now
}

func (m *meter) undecoded() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total.FramesUndecoded++
}

// sound notes a chunk that was decoded into a.
func (m *meter) sound(c *media.Chunk, a *capture.AudioFrame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes += len(c.Data)
	m.total.BytesReceived += len(c.Data)
	m.total.SamplesDecoded += len(a.Samples) / a.Channels
	for _, s := range a.Samples {
		v := float64(s) / 32768
		m.power += v * v
	}
	m.samples += len(a.Samples)
}

// report writes a line each second, and a last one when ctx is done.
func (m *meter) report(ctx context.Context, w io.Writer, asJSON bool) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		last := false
		select {
		case <-tick.C:
		case <-ctx.Done():
			last = true
		}
		r := m.take()
		if asJSON {
			if err := json.NewEncoder(w).Encode(r); err != nil {
				return
			}
		} else {
			fmt.Fprintf(w, "%6.1f s  %s  %s %dx%d  %5.1f fps  %6.0f kbit/s  age %.1f/%.1f ms  gap %.0f ms  round trip %.1f ms  lost %d\n",
				r.Seconds, r.State, r.Codec, r.Width, r.Height, r.FPS, r.Bitrate/1000, r.FrameAge, r.FrameAge95, r.GapMax, r.RoundTrip, r.Losses)
		}
		if last {
			return
		}
	}
}

// take returns the report of the second just past and begins the next.
func (m *meter) take() report {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.total
	r.Seconds = (capture.Now() - m.began).Seconds()
	r.State = "connecting"
	if m.remote != nil {
		r.State = m.remote.State().String()
		_, rtt, _ := m.remote.Clock()
		r.RoundTrip = milliseconds(rtt)
	}
	r.FPS, r.Bitrate = float64(m.frames), float64(m.bytes*8)
	slices.Sort(m.ages)
	if n := len(m.ages); n > 0 {
		r.FrameAge, r.FrameAge95 = milliseconds(m.ages[n/2]), milliseconds(m.ages[n*95/100])
	}
	r.GapMax = milliseconds(m.gap)
	if m.samples > 0 {
		r.Loudness = math.Sqrt(m.power / float64(m.samples))
	}
	m.frames, m.bytes, m.ages, m.gap, m.power, m.samples = 0, 0, m.ages[:0], 0, 0, 0
	return r
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
