package peer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/channel"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/streams"
)

// outgoing is a stream of ours that a remote watches.
type outgoing struct {
	remote  *Remote
	stream  *OutboundStream
	viewer  *streams.Viewer
	request uint32              // that it answers, or 0
	input   *webrtc.DataChannel // nil when the stream takes no input
	motion  *webrtc.DataChannel
	cursor  cursorOutbox
	patches patchOutbox
	inputs  atomic.Uint64 // messages

	ctx    context.Context
	cancel context.CancelFunc
	once   sync.Once

	accepting sync.Mutex // held while the viewer is told

	mu         sync.Mutex
	tracks     []*track
	told       bool // accept was sent
	shaping    sync.Once
	viewport   Viewport
	size       [2]int             // that the viewer knows
	stopStats  context.CancelFunc // of the stats that the viewer watches, or nil
	stopCursor context.CancelFunc // of the pointer that it sees, or nil
}

// giveAll gives the remote every stream that it does not watch, if it wants
// them all. What a peer wants that makes the first offer is known with that.
func (r *Remote) giveAll() error {
	r.giving.Lock()
	defer r.giving.Unlock()
	r.mu.Lock()
	all := r.watchesAll
	r.mu.Unlock()
	if !all {
		return nil
	}
	for _, s := range r.peer.Published() {
		if !s.shownTo(r) || r.watching(s.id) != nil {
			continue
		}
		_, err := r.give(Grant{Stream: s, Level: s.Level()}, 0)
		if refusal, ok := errors.AsType[*Reject](err); ok && (refusal.Code == CodeAbsent || refusal.Code == CodeTaken) {
			continue // it was taken back just now, or asked for
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// published tells the remote of a new stream, or gives it.
func (r *Remote) published(s *OutboundStream) {
	if !s.shownTo(r) {
		return
	}
	r.sendControl(announce{s.info(r)})
	if err := r.giveAll(); err != nil {
		r.log.Warn("a stream was not given", "stream", s.Name(), "err", err)
	}
}

// unpublished takes a stream away.
func (r *Remote) unpublished(s *OutboundStream) {
	if o := r.watching(s.id); o != nil {
		o.end("", false)
	}
	if s.shownTo(r) {
		r.sendControl(withdraw{Stream: s.id})
	}
}

// watching is what the remote watches under that number, or nil.
func (r *Remote) watching(id int) *outgoing {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out[id]
}

// outgoings are all that the remote watches, in order.
func (r *Remote) outgoings() []*outgoing {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*outgoing
	for _, o := range r.out {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b *outgoing) int { return a.stream.id - b.stream.id })
	return all
}

// give makes the remote watch a stream. request is that which this answers,
// or 0.
func (r *Remote) give(g Grant, request uint32) (*outgoing, error) {
	s := g.Stream
	if s.peer != r.peer {
		return nil, errors.New("peer: the stream is another peer's")
	}
	if r.watching(s.id) != nil {
		return nil, &Reject{Code: CodeTaken, Message: "the stream is being watched already"}
	}
	viewer, err := s.Join(r.Viewer(), g.Level, func(level input.Level) {
		r.sendControl(levelChanged{Stream: s.id, Level: level})
	})
	if err != nil {
		return nil, err
	}
	o := &outgoing{remote: r, stream: s, viewer: viewer, request: request}
	o.cursor.wake, o.cursor.ready = make(chan struct{}, 1), make(chan struct{})
	o.ctx, o.cancel = context.WithCancel(r.ctx)
	err = o.begin()
	if err == nil && viewer.Level() != g.Level && r.peer.o.StreamRequest != nil && request != 0 {
		err = s.SetViewerLevel(r.Viewer(), g.Level)
	}
	if err != nil {
		o.end("", false)
		return nil, err
	}
	r.accept(o)
	r.neg.offerSoon(false)
	return o, nil
}

// begin opens o and makes it known. Meanwhile the stream is neither taken back
// nor are its tracks exchanged.
func (o *outgoing) begin() error {
	r, s := o.remote, o.stream
	s.changing.RLock()
	defer s.changing.RUnlock()
	if s.gone {
		return &Reject{Code: CodeAbsent, Message: "the stream is no longer published"}
	}
	if err := o.open(); err != nil {
		return err
	}
	r.mu.Lock()
	ended := r.ctx.Err() != nil
	if !ended {
		r.out[s.id] = o
	}
	r.mu.Unlock()
	if ended {
		return errors.New("peer: the connection has ended")
	}
	// An offer or an answer may have come before it was known.
	if r.State() == StateConnected {
		o.letSend()
	}
	return o.revive()
}

// open adds the tracks and the input channels to the connection.
func (o *outgoing) open() error {
	r := o.remote
	for _, t := range o.stream.Tracks() {
		if err := o.addTrack(t); err != nil {
			return err
		}
	}
	if o.stream.Controllable() {
		var err error
		if o.input, err = r.openNext(labelInput, channel.Reliable); err != nil {
			return err
		}
		if o.motion, err = r.openNext(labelMotion, channel.Unreliable); err != nil {
			return err
		}
		for _, d := range []*webrtc.DataChannel{o.input, o.motion} {
			d.OnMessage(o.onInput)
			d.OnOpen(func() { wake(o.cursor.wake) })
		}
		o.followCursor()
	}
	return nil
}

// addTrack sends a track from the next negotiation on.
func (o *outgoing) addTrack(s *streams.Track) error {
	if len(s.Codecs()) == 0 {
		return nil
	}
	r := o.remote
	t := newTrack(o, s)
	sender, err := r.addSender(t)
	if err != nil {
		return fmt.Errorf("track %s: %w", t, err)
	}
	t.sender, t.added = sender, r.neg.changes.Add(1)
	o.mu.Lock()
	o.tracks = append(o.tracks, t)
	o.mu.Unlock()
	r.wg.Go(func() { t.ReadFeedback(sender) })
	return nil
}

// addSender sends t in a media section of its own, or in one that has become
// free. Sections are named for whom they are of, so that those of two offers
// that cross are not taken for each other.
func (r *Remote) addSender(t *track) (*webrtc.RTPSender, error) {
	codecs := media.Preferences(r.peer.o.Codecs, t.Source().Codecs())
	if len(codecs) == 0 {
		return nil, errors.New("no codec of it is among the peer's")
	}
	r.neg.describing.Lock()
	defer r.neg.describing.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, free := range r.senders {
		if free.Kind() == t.Kind() && free.Sender() == nil {
			return r.reuse(free, t, codecs)
		}
	}
	// A browser sends a track of its own in the first section that it may (W3C
	// WebRTC §5.1, addTrack), so each is ready to receive.
	init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv}
	transceiver, err := r.pc.AddTransceiverFromTrack(t, init)
	if err != nil {
		return nil, err
	}
	r.senders = append(r.senders, transceiver)
	side := "a"
	if r.peer.o.ID > r.id {
		side = "b"
	}
	if err := transceiver.SetMid(side + strconv.FormatInt(r.neg.mids.Add(1), 10)); err != nil {
		return nil, err
	}
	return transceiver.Sender(), transceiver.SetCodecPreferences(codecs)
}

// reuse sends t in a section that has become free.
func (r *Remote) reuse(free *webrtc.RTPTransceiver, t *track, codecs []webrtc.RTPCodecParameters) (*webrtc.RTPSender, error) {
	sender, err := r.peer.api.NewRTPSender(t, r.pc.SCTP().Transport())
	if err != nil {
		return nil, err
	}
	if err := free.SetSender(sender, t); err != nil {
		return nil, err
	}
	return sender, free.SetCodecPreferences(codecs)
}

// replaceTracks sends these in place of the tracks before, by kind.
func (o *outgoing) replaceTracks(to []*streams.Track) error {
	o.mu.Lock()
	before := slices.Clone(o.tracks)
	o.mu.Unlock()
	var errs []error
	for _, s := range to {
		if len(s.Codecs()) == 0 {
			continue
		}
		i := slices.IndexFunc(before, func(t *track) bool { return t.Kind() == media.KindOf(s.Codecs()[0]) })
		if i >= 0 && before[i].Replace(s) {
			before = slices.Delete(before, i, i+1)
			continue
		}
		errs = append(errs, o.addTrack(s))
	}
	for _, t := range before {
		errs = append(errs, o.removeTrack(t))
	}
	o.followCursor()
	o.followPatches()
	o.remote.neg.offerSoon(false)
	return errors.Join(errs...)
}

func (o *outgoing) removeTrack(t *track) error {
	o.mu.Lock()
	o.tracks = slices.DeleteFunc(o.tracks, func(have *track) bool { return have == t })
	o.mu.Unlock()
	o.remote.neg.describing.Lock()
	err := o.remote.pc.RemoveTrack(t.sender)
	o.remote.neg.describing.Unlock()
	_ = t.Close()
	o.remote.neg.changes.Add(1)
	return err
}

// trackList is the tracks at this moment.
func (o *outgoing) trackList() []*track {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.tracks)
}

// video is the track of the picture, or nil.
func (o *outgoing) video() *track {
	for _, t := range o.trackList() {
		if t.Kind() == webrtc.RTPCodecTypeVideo {
			return t
		}
	}
	return nil
}

// end ends the watching. Keys go up first of all. The viewer is told when
// tell is true.
func (o *outgoing) end(message string, tell bool) {
	o.once.Do(func() {
		r := o.remote
		if err := o.viewer.Close(); err != nil {
			r.log.Warn("what a viewer held down could not be released", "err", err)
		}
		o.cancel()
		o.accepting.Lock()   // one that is under way comes before the end
		o.accepting.Unlock() //lint:ignore SA2001 that was all
		r.mu.Lock()
		if r.out[o.stream.id] == o {
			delete(r.out, o.stream.id)
		}
		r.mu.Unlock()
		for _, t := range o.trackList() {
			// It fails when all of the connection is closed already.
			_ = o.removeTrack(t)
		}
		o.patches.mu.Lock()
		patches := o.patches.raw
		o.patches.mu.Unlock()
		for _, d := range []*webrtc.DataChannel{o.input, o.motion, patches} {
			if d != nil {
				_ = d.Close()
			}
		}
		r.neg.offerSoon(false)
		if tell {
			r.sendControl(end{Stream: o.stream.id, Message: message})
		}
	})
}

// leaveStreams ends all that the remote watches.
func (r *Remote) leaveStreams() {
	for _, o := range r.outgoings() {
		o.end("", false)
	}
}

// letGo releases what the viewer holds down while nobody hears from it. A key
// that its person still holds is pressed anew; one that stays down although
// the viewer has crashed is worse.
func (r *Remote) letGo() {
	for _, o := range r.outgoings() {
		if err := o.viewer.Release(); err != nil {
			r.log.Warn("what a viewer held down could not be released", "err", err)
		}
	}
}

// letTracksSend lets those send that waited for the connection.
func (r *Remote) letTracksSend() {
	for _, o := range r.outgoings() {
		o.letSend()
	}
}

// letSend lets those tracks send that the other side has agreed to: of others
// it does not know what their packets are.
func (o *outgoing) letSend() {
	for _, t := range o.trackList() {
		if t.added <= o.remote.neg.agreed.Load() {
			t.Connected()
		}
	}
}

// onInput injects what a viewer did. Pion calls it from one goroutine for
// each channel.
func (o *outgoing) onInput(m webrtc.DataChannelMessage) {
	if m.IsString {
		return
	}
	o.inputs.Add(1)
	shows, err := o.viewer.Handle(m.Data)
	if errors.Is(err, input.ErrMalformed) {
		o.remote.shut(fmt.Errorf("peer: the viewer's input: %w", err), true)
		return
	}
	if err != nil {
		o.remote.log.Debug("input was not injected", "err", err)
	}
	if t := o.video(); shows && t != nil {
		t.Source().Poke(o.viewer.ID())
	}
}

// resized tells the viewer of a new size. The picture's track calls it for
// each frame.
func (o *outgoing) resized(w, h int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if size := [2]int{w, h}; size != o.size && w > 0 && o.told && o.remote.sendControl(sizeChanged{o.stream.id, w, h}) {
		o.size = size
	}
}

func (o *outgoing) setViewport(v viewport) {
	const most = 1 << 16
	ok := func(f float64) bool { return f >= 0 && f <= most && !math.IsNaN(f) }
	if !ok(v.Width) || !ok(v.Height) || !ok(v.Refresh) {
		return
	}
	o.mu.Lock()
	o.viewport = Viewport{Width: int(v.Width), Height: int(v.Height), Refresh: v.Refresh}
	o.mu.Unlock()
	if t := o.video(); t != nil {
		t.SetView(streams.View{Width: int(v.Width), Height: int(v.Height), Refresh: v.Refresh})
	}
}

// ViewportOf is what the viewer of a stream last said of its picture, zero
// before.
func (s *OutboundStream) ViewportOf(r *Remote) Viewport {
	o := r.watching(s.id)
	if o == nil {
		return Viewport{}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.viewport
}
