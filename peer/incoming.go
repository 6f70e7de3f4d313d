package peer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/channel"
	"github.com/causeway-rtc/causeway/peer/media"
)

// foreignStreams is where the numbers of streams begin whose publisher gave
// them none.
const foreignStreams = 1 << 16

// maxInbound bounds the streams of one remote that we watch, and those of it
// that came without being accepted.
const maxInbound = 64

// InboundStream is a stream of a Remote that we watch. Its methods may be
// called from any goroutine.
type InboundStream struct {
	remote *Remote
	id     int
	ended  chan struct{}
	once   sync.Once
	cursor cursorInbox

	mu     sync.Mutex
	info   StreamInfo
	told   bool // StreamStarted was emitted
	level  input.Level
	tracks map[webrtc.RTPCodecType]*InboundTrack
	came   chan struct{} // closed and replaced when a track comes

	sending inputSender
}

// ID is the stream's number among its publisher's. Streams of a peer that
// does not number them have numbers from 65536.
func (s *InboundStream) ID() int { return s.id }

// Remote is the publisher.
func (s *InboundStream) Remote() *Remote { return s.remote }

// Info is the stream as the publisher announced it. For one of a peer that
// announces none, only ID and Name are set.
func (s *InboundStream) Info() StreamInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info
}

// Permissions is what the publisher lets us do, as it last said.
func (s *InboundStream) Permissions() input.Level {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.level
}

// Done is closed when the stream has ended for us.
func (s *InboundStream) Done() <-chan struct{} { return s.ended }

// inbound returns the stream of that number, made if need be. It is nil when
// there are too many.
func (r *Remote) inbound(id int, name string) *InboundStream {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.in[id]; s != nil {
		return s
	}
	if len(r.in) >= maxInbound || r.ctx.Err() != nil {
		return nil
	}
	s := &InboundStream{
		remote: r, id: id, ended: make(chan struct{}),
		info:   StreamInfo{ID: id, Name: name},
		tracks: map[webrtc.RTPCodecType]*InboundTrack{},
		came:   make(chan struct{}),
	}
	r.in[id] = s
	close(r.started)
	r.started = make(chan struct{})
	return s
}

// foreign is the number of a stream whose publisher calls it name.
func (r *Remote) foreign(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.in {
		if id >= foreignStreams && s.info.Name == name {
			return id
		}
	}
	r.lastForeign++
	return foreignStreams + r.lastForeign - 1
}

// onTrack begins to read a track. Pion calls it from a goroutine of its own.
func (r *Remote) onTrack(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	codec, ok := media.Lookup(r.peer.o.Codecs, remote.Codec().RTPCodecCapability)
	if !ok {
		r.log.Debug("a track cannot be read", "codec", remote.Codec().MimeType, "fmtp", remote.Codec().SDPFmtpLine)
		return
	}
	id, numbered := parseMediaStreamID(remote.StreamID())
	name := ""
	if !numbered {
		name = remote.StreamID()
		if name == "" {
			return // what was still under way of a track that is gone
		}
		id = r.foreign(name)
	}
	s := r.inbound(id, name)
	if s == nil {
		return
	}
	in := newInboundTrack(s, remote, codec)
	s.mu.Lock()
	before := s.tracks[remote.Kind()]
	s.tracks[remote.Kind()] = in
	close(s.came)
	s.came = make(chan struct{})
	s.mu.Unlock()
	if before != nil {
		_ = before.Close()
	}
	if !numbered {
		s.start()
	}
	Emit(r.peer, TrackStarted{s, in})
	r.spawn(func() {
		in.Run()
		s.lost(in)
	})
}

// lost forgets a track that has ended. A stream that nobody announced ends
// with its last.
func (s *InboundStream) lost(in *InboundTrack) {
	s.mu.Lock()
	kind := in.Kind()
	if s.tracks[kind] == in {
		delete(s.tracks, kind)
	}
	last := len(s.tracks) == 0 && s.id >= foreignStreams
	s.mu.Unlock()
	Emit(s.remote.peer, TrackEnded{s, in})
	if last {
		s.end("")
	}
}

// Streams are those of the remote that we watch, by number.
func (r *Remote) Streams() map[int]*InboundStream {
	r.mu.Lock()
	all := maps.Clone(r.in)
	r.mu.Unlock()
	maps.DeleteFunc(all, func(_ int, s *InboundStream) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !s.told
	})
	return all
}

// Stream waits for the first stream of the remote that we watch, asked for or
// not.
func (r *Remote) Stream(ctx context.Context) (*InboundStream, error) {
	for {
		r.mu.Lock()
		started := r.started
		r.mu.Unlock()
		if all := r.Streams(); len(all) > 0 {
			return all[slices.Min(slices.Collect(maps.Keys(all)))], nil
		}
		select {
		case <-started:
		case <-r.ctx.Done():
			return nil, fmt.Errorf("peer: no stream: %w", r.Err())
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// start tells the application of the stream, once.
func (s *InboundStream) start() {
	s.mu.Lock()
	told := s.told
	s.told = true
	s.mu.Unlock()
	if told {
		return
	}
	r := s.remote
	r.mu.Lock()
	close(r.started)
	r.started = make(chan struct{})
	r.mu.Unlock()
	Emit(r.peer, StreamStarted{s})
}

// end ends the stream for us.
func (s *InboundStream) end(message string) {
	s.once.Do(func() {
		r := s.remote
		r.mu.Lock()
		if r.in[s.id] == s {
			delete(r.in, s.id)
		}
		r.mu.Unlock()
		s.mu.Lock()
		told := s.told
		for _, in := range s.tracks {
			_ = in.Close()
		}
		s.mu.Unlock()
		s.sending.close()
		close(s.ended)
		if told {
			Emit(r.peer, StreamEnded{s, message})
		}
	})
}

// endInbound ends all streams that we watch.
func (r *Remote) endInbound(message string) {
	r.mu.Lock()
	all := slices.Collect(maps.Values(r.in))
	r.mu.Unlock()
	for _, s := range all {
		s.end(message)
	}
}

// Close stops watching. The second call does nothing.
func (s *InboundStream) Close() error {
	if !s.over() {
		s.remote.sendControl(leave{Stream: s.id})
		s.end("")
	}
	return nil
}

// Video waits for the stream's picture and returns it. The error wraps that of
// ctx, or says that the stream has ended.
func (s *InboundStream) Video(ctx context.Context) (*InboundTrack, error) {
	return s.track(ctx, webrtc.RTPCodecTypeVideo)
}

// Audio waits for the stream's sound, as Video does for the picture.
func (s *InboundStream) Audio(ctx context.Context) (*InboundTrack, error) {
	return s.track(ctx, webrtc.RTPCodecTypeAudio)
}

func (s *InboundStream) track(ctx context.Context, kind webrtc.RTPCodecType) (*InboundTrack, error) {
	for {
		s.mu.Lock()
		in, came := s.tracks[kind], s.came
		s.mu.Unlock()
		if in != nil && !s.over() {
			return in, nil
		}
		select {
		case <-came:
		case <-s.ended:
			return nil, fmt.Errorf("peer: no %s: %w", kind, errors.Join(errEnded, s.remote.Err()))
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// over is true when the stream has ended for us.
func (s *InboundStream) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

var errEnded = errors.New("the stream has ended")

// SetViewport tells the publisher how large the picture is shown.
func (s *InboundStream) SetViewport(v Viewport) error {
	return s.say(viewport{Stream: s.id, Width: float64(v.Width), Height: float64(v.Height), Refresh: v.Refresh})
}

// Watch asks the publisher for [PublisherStats] once a second, or to stop
// them.
func (s *InboundStream) Watch(on bool) error { return s.say(watch{Stream: s.id, On: on}) }

func (s *InboundStream) say(m typed) error {
	b, err := marshalControl(m)
	if err == nil {
		err = s.remote.sendText(s.remote.control, b)
	}
	if err != nil {
		return fmt.Errorf("peer: %s: %w", m.controlType(), err)
	}
	return nil
}

// onAccept begins to watch a stream, asked for or not.
func (r *Remote) onAccept(m accept) {
	if m.Stream.ID <= 0 || m.Stream.ID >= foreignStreams {
		return
	}
	s := r.inbound(m.Stream.ID, m.Stream.Name)
	if s == nil {
		return
	}
	s.mu.Lock()
	s.info = m.Stream
	changed := s.told && s.level != m.Level
	s.level = m.Level
	s.mu.Unlock()
	if m.Input != 0 && m.Motion != 0 {
		s.openInput(m.Input, m.Motion)
	}
	s.start()
	if changed {
		Emit(r.peer, PermissionsChanged{s, m.Level})
	}
	r.answered(m.Request, answer{stream: s})
}

// openInput makes the input channels that the publisher has made.
func (s *InboundStream) openInput(inputID, motionID uint16) {
	r := s.remote
	in, err := r.openTheirs(inputID, labelInput, channel.Reliable)
	if err != nil {
		r.log.Debug("input", "err", err)
		return
	}
	motion, err := r.openTheirs(motionID, labelMotion, channel.Unreliable)
	if err != nil {
		_ = in.Close()
		r.log.Debug("input", "err", err)
		return
	}
	in.OnMessage(s.onCursor)
	motion.OnMessage(s.onCursor)
	s.sending.open(in, motion)
}

func (r *Remote) onRefuse(m refuse) {
	r.answered(m.Request, answer{err: &Reject{Code: m.Code, Message: m.Message}})
}

func (r *Remote) onEnd(m end) {
	if s := r.known(m.Stream); s != nil {
		s.end(m.Message)
	}
}

func (r *Remote) onWithdraw(m withdraw) {
	if s := r.known(m.Stream); s != nil {
		s.end(m.Message)
	}
	Emit(r.peer, StreamWithdrawn{r, m.Stream, m.Message})
}

func (r *Remote) onLevel(m levelChanged) {
	s := r.known(m.Stream)
	if s == nil {
		return
	}
	s.mu.Lock()
	s.level = m.Level
	s.mu.Unlock()
	Emit(r.peer, PermissionsChanged{s, m.Level})
}

func (r *Remote) onSize(m sizeChanged) {
	if s := r.known(m.Stream); s != nil {
		Emit(r.peer, SizeChanged{s, m.Width, m.Height})
	}
}

func (r *Remote) onStatus(m Status) { Emit(r.peer, StatusChanged{r, m}) }

func (r *Remote) onStats(m stats) {
	if s := r.known(m.Stream); s != nil {
		Emit(r.peer, PublisherStats{s, m.HostStats})
	}
}

// known is the stream of that number that we watch, or nil.
func (r *Remote) known(id int) *InboundStream {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.in[id]
}

// onCursor takes the pointer's shape or position.
func (s *InboundStream) onCursor(m webrtc.DataChannelMessage) {
	if m.IsString {
		return
	}
	s.sending.cursors.Add(1)
	if visible, seq, x, y, err := input.ParseCursorPosition(m.Data); err == nil {
		if s.cursor.newer(seq) {
			Emit(s.remote.peer, CursorChanged{s, Cursor{X: x, Y: y, Visible: visible}})
		}
		return
	}
	if hotX, hotY, png, err := input.ParseCursorShape(m.Data); err == nil {
		Emit(s.remote.peer, CursorChanged{s, Cursor{PNG: png, HotX: hotX, HotY: hotY}})
	}
}
