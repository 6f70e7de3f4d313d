package peer

import (
	"context"
	"math"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/streams"
)

// statsEvery is how often a viewer that asked is told how the host fares.
const statsEvery = time.Second

// greet says hello on the control channel that has just opened.
func (r *Remote) greet() {
	r.sendControl(Hello{Version: protocolVersion, ID: r.peer.o.ID, Level: r.Level(), Streams: r.announce()})
	for _, s := range r.peer.troubles() {
		r.sendControl(s)
	}
}

// announce lists the streams as this viewer gets them.
func (r *Remote) announce() []StreamInfo {
	all := []StreamInfo{}
	for _, t := range r.tracks {
		info := StreamInfo{ID: t.id, Name: t.stream.Name(), Kind: t.kind.String()}
		info.Width, info.Height = t.stream.Size()
		if sink, _ := t.bound(); sink != nil {
			info.Codec = sink.Codec().Name
		}
		all = append(all, info)
	}
	return all
}

// sendControl sends m, if the channel is open. Later is of no use: what
// matters then is in the hello.
func (r *Remote) sendControl(m ControlMessage) {
	b, err := marshalControl(m)
	if err == nil && r.host {
		err = r.sendText(labelControl, b)
	}
	if err != nil && err != errNotOpen {
		r.log.Debug("a control message was not sent", "type", m.controlType(), "err", err)
	}
}

// onViewerControl acts on a viewer's message. What is malformed or unknown is
// ignored.
func (r *Remote) onViewerControl(m webrtc.DataChannelMessage) {
	v, err := parseViewer(m.Data)
	if err != nil || !m.IsString {
		r.log.Debug("a control message was ignored", "err", err)
		return
	}
	switch v.Type {
	case "ping":
		r.sendControl(pong{T: v.T, Now: capture.Now().Microseconds(), RTP: r.rtpBases()})
	case "viewport":
		r.setViewport(v)
	case "watch":
		r.watchStats(v.On)
	case "keyframe":
		for _, t := range r.tracks {
			if sink, _ := t.bound(); sink != nil && t.kind == webrtc.RTPCodecTypeVideo {
				sink.RequestKeyframe()
			}
		}
	}
}

// rtpBases are the RTP timestamps of time 0, by kind. Of several tracks of a
// kind the first counts.
func (r *Remote) rtpBases() map[string]uint32 {
	bases := map[string]uint32{}
	for _, t := range r.tracks {
		if _, ok := bases[t.kind.String()]; !ok {
			bases[t.kind.String()] = t.base
		}
	}
	return bases
}

func (r *Remote) setViewport(v viewerMessage) {
	const most = 1 << 16
	ok := func(f float64) bool { return f >= 0 && f <= most && !math.IsNaN(f) }
	if !ok(v.Width) || !ok(v.Height) || !ok(v.Refresh) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.viewport = Viewport{Width: int(v.Width), Height: int(v.Height), Refresh: v.Refresh}
}

// resized tells the viewer of a new size of a stream. Tracks call it for each
// frame.
func (r *Remote) resized(stream, w, h int) {
	r.mu.Lock()
	same := r.sizes[stream] == [2]int{w, h}
	r.sizes[stream] = [2]int{w, h}
	r.mu.Unlock()
	if !same && w > 0 {
		r.sendControl(SizeChanged{Stream: stream, Width: w, Height: h})
	}
}

// watchStats starts or stops the stats of the first picture.
func (r *Remote) watchStats(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopStats != nil {
		r.stopStats()
		r.stopStats = nil
	}
	if !on || r.ctx.Err() != nil {
		return
	}
	for _, t := range r.tracks {
		if t.kind == webrtc.RTPCodecTypeVideo {
			ctx, cancel := context.WithCancel(r.ctx)
			r.stopStats = cancel
			r.wg.Go(func() { r.runStats(ctx, t) })
			return
		}
	}
}

// runStats sends stats while frames flow.
func (r *Remote) runStats(ctx context.Context, t *track) {
	ticker := time.NewTicker(statsEvery)
	defer ticker.Stop()
	before, at := t.stream.Stats(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now, took := t.stream.Stats(), time.Since(at)
		if now.Frames > before.Frames {
			r.sendControl(hostStats(before, now, took, r.congestion.Target()))
		}
		before, at = now, time.Now()
	}
}

func hostStats(before, now streams.Stats, took time.Duration, target int) HostStats {
	frames := float64(now.Frames - before.Frames)
	round := func(f float64) float64 { return math.Round(f*100) / 100 }
	return HostStats{
		FPS:      round(frames / took.Seconds()),
		EncodeMs: round((now.Encoding - before.Encoding).Seconds() * 1000 / frames),
		Bitrate:  int(float64(now.Bytes-before.Bytes) * 8 / took.Seconds()),
		Target:   target,
		Viewers:  now.Sinks,
	}
}
