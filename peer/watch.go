package peer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/input"
)

// watcher is what a Remote has when it is a host that we watch.
type watcher struct {
	clock  clock
	cursor cursorInbox

	mu     sync.Mutex
	tracks map[webrtc.RTPCodecType]*Inbound
	came   chan struct{} // closed and replaced when a track comes
	level  input.Level

	inputMu sync.Mutex // keeps the order of what is sent
	seq     uint16
	x, y    int32
}

func (w *watcher) init() {
	w.tracks = map[webrtc.RTPCodecType]*Inbound{}
	w.came = make(chan struct{})
}

// setUpViewer takes what a host offers.
func (r *Remote) setUpViewer() {
	r.pc.OnTrack(r.onTrack)
	r.pc.OnDataChannel(func(d *webrtc.DataChannel) {
		if !r.chans.put(d) {
			return
		}
		switch d.Label() {
		case labelControl:
			d.OnMessage(r.onHostControl)
			d.OnOpen(func() { r.wg.Go(r.runPings) })
		case labelInput, labelMotion:
			d.OnMessage(r.onCursor)
		}
	})
}

// onTrack begins to read a track. A host's second of a kind is not watched.
func (r *Remote) onTrack(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	codec, ok := r.decodes(remote.Codec().MimeType)
	r.watch.mu.Lock()
	defer r.watch.mu.Unlock()
	if !ok || r.watch.tracks[remote.Kind()] != nil || r.ctx.Err() != nil {
		return
	}
	in := newInbound(r, remote, codec)
	r.watch.tracks[remote.Kind()] = in
	close(r.watch.came)
	r.watch.came = make(chan struct{})
	r.wg.Go(in.read)
}

func (r *Remote) decodes(mime string) (encode.Codec, bool) {
	for _, c := range r.peer.o.Codecs {
		if c.MIMEType == mime {
			return c, true
		}
	}
	return encode.Codec{}, false
}

func (w *watcher) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, in := range w.tracks {
		in.queue.close()
	}
}

// Video waits for the host's picture and returns it. The error wraps that of
// ctx, or why the connection ended.
func (r *Remote) Video(ctx context.Context) (*Inbound, error) {
	return r.track(ctx, webrtc.RTPCodecTypeVideo)
}

// Audio waits for the host's sound, as Video does for the picture.
func (r *Remote) Audio(ctx context.Context) (*Inbound, error) {
	return r.track(ctx, webrtc.RTPCodecTypeAudio)
}

func (r *Remote) track(ctx context.Context, kind webrtc.RTPCodecType) (*Inbound, error) {
	if r.host {
		return nil, fmt.Errorf("peer: a viewer sends no %s: %w", kind, errors.ErrUnsupported)
	}
	for {
		r.watch.mu.Lock()
		in, came := r.watch.tracks[kind], r.watch.came
		r.watch.mu.Unlock()
		if in != nil {
			return in, nil
		}
		select {
		case <-came:
		case <-r.ctx.Done():
			return nil, fmt.Errorf("peer: no %s: %w", kind, r.Err())
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// onHostControl passes a host's message on. What is malformed is ignored.
func (r *Remote) onHostControl(m webrtc.DataChannelMessage) {
	c, err := parseControl(m.Data)
	if err != nil || !m.IsString {
		r.log.Debug("a control message was ignored", "err", err)
		return
	}
	switch c := c.(type) {
	case nil:
		return
	case pong:
		r.watch.clock.pong(c, capture.Now())
		return
	case Hello:
		r.watch.setLevel(c.Level)
	case LevelChanged:
		r.watch.setLevel(c.Level)
	}
	if f := r.peer.o.Events.Control; f != nil {
		f(r, c)
	}
}

func (w *watcher) setLevel(level input.Level) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.level = level
}

// Granted is what the host lets us do, as it last said.
func (r *Remote) Granted() input.Level {
	r.watch.mu.Lock()
	defer r.watch.mu.Unlock()
	return r.watch.level
}

// onCursor takes the pointer's shape or position.
func (r *Remote) onCursor(m webrtc.DataChannelMessage) {
	f := r.peer.o.Events.Cursor
	if f == nil || m.IsString {
		return
	}
	if visible, seq, x, y, err := input.ParseCursorPosition(m.Data); err == nil {
		if r.watch.cursor.newer(seq) {
			f(r, Cursor{X: x, Y: y, Visible: visible})
		}
		return
	}
	if hotX, hotY, png, err := input.ParseCursorShape(m.Data); err == nil {
		f(r, Cursor{PNG: png, HotX: hotX, HotY: hotY})
	}
}

// SendInput sends what the person did: a Key, Text, Button, Wheel, Move,
// Nudge or Release. Numbers of motion and their sums are filled in here. The
// order is kept, but for motion that the network overtakes. Motion that the
// network cannot take is dropped; of the rest nothing is, and an error means
// that the connection is of no use.
func (r *Remote) SendInput(e input.Event) error {
	w := &r.watch
	w.inputMu.Lock()
	defer w.inputMu.Unlock()
	if !r.isOpen(labelInput) || !r.isOpen(labelMotion) {
		return fmt.Errorf("peer: input: %w", errNotOpen)
	}
	label := labelInput
	switch m := e.(type) {
	case input.Move:
		w.seq++
		m.Seq = w.seq
		label, e = labelMotion, m
	case input.Nudge:
		w.seq++
		w.x, w.y = w.x+m.DX, w.y+m.DY
		label, e = labelMotion, input.Motion{Seq: w.seq, X: w.x, Y: w.y}
	case input.Button:
		m.Seq = w.seq
		e = m
	case input.Motion:
		return fmt.Errorf("peer: send a Nudge in place of a Motion: %w", errors.ErrUnsupported)
	}
	sent, err := r.sendBinary(label, input.Append(nil, e))
	if err != nil {
		return fmt.Errorf("peer: input: %w", err)
	}
	if !sent && label == labelInput {
		return errors.New("peer: input: the host does not read")
	}
	return nil
}

// SetViewport tells the host how large the picture is shown.
func (r *Remote) SetViewport(v Viewport) error {
	return r.sendText(labelControl, fmt.Appendf(nil, `{"type":"viewport","width":%d,"height":%d,"refresh":%g}`, v.Width, v.Height, v.Refresh))
}

// Watch asks the host for [HostStats] once a second, or to stop them.
func (r *Remote) Watch(on bool) error {
	return r.sendText(labelControl, fmt.Appendf(nil, `{"type":"watch","on":%t}`, on))
}

// The pings that measure the clock: some at once, then few.
const (
	firstPings     = 8
	firstPingEvery = 100 * time.Millisecond
	pingEvery      = 5 * time.Second
)

// runPings measures the host's clock until the remote ends.
func (r *Remote) runPings() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 1; ; n++ {
		select {
		case <-r.ctx.Done():
			return
		case <-timer.C:
		}
		ping := fmt.Appendf(nil, `{"type":"ping","t":%d}`, capture.Now().Microseconds())
		if err := r.sendText(labelControl, ping); err != nil {
			r.log.Debug("a ping was not sent", "err", err)
		}
		if n < firstPings {
			timer.Reset(firstPingEvery)
		} else {
			timer.Reset(pingEvery)
		}
	}
}

// isKeyframe tells a key frame by its payload.
func isKeyframe(codec encode.Codec, data []byte) bool {
	switch codec.Name {
	case encode.H264.Name:
		return encode.IsKeyH264(data)
	case encode.VP8.Name:
		return encode.IsKeyVP8(data)
	}
	return true
}
