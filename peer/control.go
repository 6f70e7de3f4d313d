package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/streams"
)

// handlers act on the messages of the control channel, by type. Their error
// is that a message is malformed, which is logged and nothing else.
var handlers = map[string]func(*Remote, []byte) error{
	"hello":          handle((*Remote).onHello),
	"ping":           handle((*Remote).onPing),
	"pong":           handle((*Remote).onPong),
	"channel":        handle((*Remote).onChannelAsk),
	"channel-open":   handle((*Remote).onChannelOpen),
	"channel-refuse": handle((*Remote).onChannelRefuse),
	// of a publisher
	"announce": handle((*Remote).onAnnounce),
	"withdraw": handle((*Remote).onWithdraw),
	"accept":   handle((*Remote).onAccept),
	"refuse":   handle((*Remote).onRefuse),
	"end":      handle((*Remote).onEnd),
	"level":    handle((*Remote).onLevel),
	"size":     handle((*Remote).onSize),
	"status":   handle((*Remote).onStatus),
	"stats":    handle((*Remote).onStats),
	"shape":    handle((*Remote).onShape),
	// of a viewer
	"request":       handle((*Remote).onRequest),
	"join":          handle((*Remote).onRequest),
	"leave":         handle((*Remote).onLeave),
	"announcements": handle((*Remote).onAnnouncements),
	"viewport":      handle((*Remote).onViewport),
	"watch":         handle((*Remote).onWatch),
	"keyframe":      handle((*Remote).onKeyframe),
	"monitor":       handle((*Remote).onMonitor),
	"fit":           handle((*Remote).onFit),
	"patches":       handle((*Remote).onPatches),
}

// handle makes a handler of a method that takes one type of message.
func handle[M any](f func(*Remote, M)) func(*Remote, []byte) error {
	return func(r *Remote, b []byte) error {
		var m M
		if err := json.Unmarshal(b, &m); err != nil {
			return fmt.Errorf("peer: control: %w", err)
		}
		f(r, m)
		return nil
	}
}

// onControl acts on a message of the control channel. What is malformed or
// unknown is ignored. Pion calls it from one goroutine.
func (r *Remote) onControl(m webrtc.DataChannelMessage) {
	name, err := controlType(m.Data)
	if f := handlers[name]; err == nil && m.IsString && f != nil {
		err = f(r, m.Data)
	}
	if err != nil || !m.IsString {
		r.log.Debug("a control message was ignored", "err", err)
	}
}

// greet begins the control channel, which has just opened: with what the
// other side should know first.
func (r *Remote) greet() {
	r.sendControl(hello{Version: protocolVersion, ID: r.peer.o.ID, ExternalID: r.peer.o.ExternalID, Numbered: true})
	r.tellNumbers()
	for _, o := range r.outgoings() {
		r.accept(o)
	}
	r.announceAll()
	for _, s := range r.peer.troubles() {
		r.sendControl(s)
	}
	r.wg.Go(r.runPings)
}

func (r *Remote) announceAll() {
	for _, s := range r.peer.Published() {
		if s.shownTo(r) {
			r.sendControl(announce{s.info(r)})
		}
	}
}

// info is the stream as r learns of it.
func (s *OutboundStream) info(r *Remote) StreamInfo {
	info := StreamInfo{ID: s.id, Name: s.Name(), Kind: string(s.Type()), Level: s.Level(), Tracks: []TrackInfo{}}
	for _, t := range s.Tracks() {
		if len(t.Codecs()) == 0 {
			continue
		}
		track := TrackInfo{Kind: media.KindOf(t.Codecs()[0]).String()}
		track.Width, track.Height = t.Size()
		info.Tracks = append(info.Tracks, track)
	}
	if !s.Controllable() {
		info.Level = 0
	}
	return info
}

// accept tells the remote that it watches o. Before the control channel is
// open that waits for the greeting.
func (r *Remote) accept(o *outgoing) {
	o.accepting.Lock() // so that nothing follows the end
	defer o.accepting.Unlock()
	if o.ctx.Err() != nil {
		return
	}
	m := accept{Request: o.request, Stream: o.stream.info(r), Level: o.viewer.Level()}
	if o.input != nil {
		m.Input, m.Motion = *o.input.ID(), *o.motion.ID()
	}
	if !r.sendControl(m) {
		return
	}
	o.mu.Lock()
	o.told = true
	o.mu.Unlock()
	o.followShape()
	if o.input != nil {
		o.askReady()
	}
}

// sendControl sends m, if the channel is open, and reports whether it was.
// Later is of no use: what matters then is in the greeting.
func (r *Remote) sendControl(m typed) bool {
	b, err := marshalControl(m)
	if err == nil {
		err = r.sendText(r.control, b)
	}
	if err != nil && err != errNotOpen {
		r.log.Debug("a control message was not sent", "type", m.controlType(), "err", err)
	}
	return err == nil
}

// onHello learns that the other side is a Causeway peer.
func (r *Remote) onHello(m hello) {
	if len(m.ExternalID) > maxExternalID || r.native() {
		return
	}
	r.mu.Lock()
	if r.externalID == "" {
		r.externalID = m.ExternalID
	}
	r.tells = m.Numbered
	r.mu.Unlock()
	close(r.greeted) // onControl is called from one goroutine
	r.settleNumbers()
}

func (r *Remote) onPing(m ping) {
	if len(m.T) > 32 || !isNumber(m.T) {
		return
	}
	rtp := map[string]uint32{}
	for _, o := range r.outgoings() {
		for _, t := range o.trackList() {
			rtp[t.name()] = t.Base()
		}
	}
	r.sendControl(pong{T: m.T, Now: capture.Now().Microseconds(), RTP: rtp})
}

func (r *Remote) onPong(m pong) {
	r.clock.pong(m, capture.Now())
	for _, o := range r.outgoings() {
		o.pong(string(m.T))
	}
}

// The pings that measure the clock: some at once, then few.
const (
	firstPings     = 8
	firstPingEvery = 100 * time.Millisecond
	pingEvery      = 5 * time.Second
)

// runPings measures the other side's clock while we watch something, until
// the remote ends.
func (r *Remote) runPings() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	sent := 0
	for {
		r.mu.Lock()
		started, watching := r.started, len(r.in) > 0
		r.mu.Unlock()
		if !watching {
			sent = 0
			select {
			case <-r.ctx.Done():
				return
			case <-started:
				continue
			}
		}
		select {
		case <-r.ctx.Done():
			return
		case <-timer.C:
		}
		r.sendControl(ping{T: json.RawMessage(fmt.Appendf(nil, "%d", capture.Now().Microseconds()))})
		if sent++; sent < firstPings {
			timer.Reset(firstPingEvery)
		} else {
			timer.Reset(pingEvery)
		}
	}
}

// maxRequests bounds the requests of one remote that are being decided.
const maxRequests = 8

// onRequest has a request for a stream decided, in a goroutine.
func (r *Remote) onRequest(m streamAsk) {
	if m.Request == 0 {
		return
	}
	q := StreamRequest{Remote: r, Level: m.Level, Fit: m.Fit}
	if m.Stream != 0 {
		if q.Stream = r.peer.stream(r, m.Stream); q.Stream == nil {
			r.refuse(m.Request, &Reject{Code: CodeAbsent, Message: "there is no such stream"})
			return
		}
	}
	if r.deciding.Add(1) > maxRequests {
		r.deciding.Add(-1)
		r.refuse(m.Request, &Reject{Code: CodeBusy, Message: "too many requests at a time"})
		return
	}
	r.wg.Go(func() {
		defer r.deciding.Add(-1)
		g, err := r.peer.decideStream(r.ctx, q)
		var o *outgoing
		if err == nil {
			o, err = r.give(g, m.Request)
		}
		if err != nil {
			r.refuse(m.Request, err)
		} else if m.Metrics {
			o.watchStats(true)
		}
	})
}

// refuse tells the remote why it does not watch.
func (r *Remote) refuse(request uint32, err error) {
	reject := asReject(err)
	r.log.Info("a stream was refused", "code", reject.Code, "err", err)
	r.sendControl(refuse{Request: request, Code: reject.Code, Message: reject.Message})
}

func (r *Remote) onLeave(m leave) {
	if o := r.watching(m.Stream); o != nil {
		o.end("", false)
	}
}

func (r *Remote) onAnnouncements(announcements) { r.announceAll() }

func (r *Remote) onViewport(m viewport) {
	if o := r.watching(m.Stream); o != nil {
		o.setViewport(m)
	}
}

func (r *Remote) onWatch(m watch) {
	if o := r.watching(m.Stream); o != nil {
		o.watchStats(m.On)
	}
}

func (r *Remote) onKeyframe(m keyframe) {
	o := r.watching(m.Stream)
	if o == nil {
		return
	}
	if t := o.video(); t != nil {
		t.RequestKeyframe()
	}
}

// watchStats starts or stops the stats of the picture.
func (o *outgoing) watchStats(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stopStats != nil {
		o.stopStats()
		o.stopStats = nil
	}
	if !on || o.ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithCancel(o.ctx)
	o.stopStats = cancel
	o.remote.wg.Go(func() { o.runStats(ctx) })
}

// statsEvery is how often a viewer that asked is told how the host fares.
const statsEvery = time.Second

// runStats sends stats while frames flow.
func (o *outgoing) runStats(ctx context.Context) {
	ticker := time.NewTicker(statsEvery)
	defer ticker.Stop()
	var source *streams.Track
	var before streams.Stats
	at := time.Now()
	for {
		t := o.video()
		if t == nil {
			return
		}
		if s := t.Source(); s != source {
			source, before, at = s, s.Stats(), time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now, took := source.Stats(), time.Since(at)
		if now.Frames > before.Frames {
			o.remote.sendControl(stats{o.stream.id, hostStats(before, now, took, o.remote.congestion.Target())})
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
