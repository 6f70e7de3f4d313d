package streams

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

const (
	// heartbeat is how long a still picture goes unsent. Chromium asks for a
	// key frame, again and again, after three seconds without a frame.
	heartbeat = 2400 * time.Millisecond
	// After the picture came to rest it is sent again, settleInterval apart, the
	// first time when [VideoOptions].Settle says: the rate control had to make
	// the last moving frame small, and this lets it catch up. It has when a frame
	// has less than settledBytes; settleMost bounds the frames for pictures of
	// which that never happens. More often would be sharp sooner, but the answer
	// to a key would more often have to wait behind one of these in the viewer's
	// compositor.
	settleInterval = 100 * time.Millisecond
	settledBytes   = 1000
	settleLeast    = 3
	settleMost     = 40
	// A page that is turned is more than one frame can carry: for haste it is
	// sent again each hasteInterval, if that leaves time to react to an input,
	// which is while encoding takes hasteMost at most.
	haste         = 300 * time.Millisecond
	hasteInterval = 50 * time.Millisecond
	hasteMost     = 25 * time.Millisecond
	// expectant is how long after an input a still picture is not sent again:
	// what the input changes must not queue behind it.
	expectant = 30 * time.Millisecond
	// retryFirst and retryMost bound the waits between attempts to open a
	// display that is not there.
	retryFirst = 100 * time.Millisecond
	retryMost  = 800 * time.Millisecond
)

// VideoOptions configures a [Video].
type VideoOptions struct {
	// Backends are the ways to capture, in order of preference, and Backend
	// is the name of the one to use, or "" for the first that serves.
	Backends []capture.Backend
	Backend  string
	// Capture is passed to the backend.
	Capture capture.Options
	// Codecs are the codecs to offer, best first.
	Codecs []encode.Codec
	// Encoders are the encoders to use, in order of preference; for a codec
	// of which the first fails to open or to encode, the next is taken.
	Encoders []encode.Backend
	// FPS is the highest frame rate. Zero means 60.
	FPS int
	// Bitrate is the highest bit rate, in bits a second. Zero means 8 Mbit/s.
	Bitrate int
	// Settle is how long the picture must have stood still before it is sent
	// again, to become sharper; two seconds at most. Zero means a tenth of one.
	Settle time.Duration
	// SharpMotion keeps what is in 4:4:4 so when all of the picture moves.
	// Otherwise an encoder of 4:2:0, which takes less time and fewer bits, takes
	// over until it stands still.
	SharpMotion bool
	// Status, when not nil, is told when the picture stops, with what to tell
	// a person, and when it is there again.
	Status func(ok bool, message string)
	// Log; nil discards.
	Log *slog.Logger
}

func (o VideoOptions) withDefaults() VideoOptions {
	if o.FPS == 0 {
		o.FPS = 60
	}
	if o.Bitrate == 0 {
		o.Bitrate = 8_000_000
	}
	if o.Status == nil {
		o.Status = func(bool, string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Video is the [Source] of a desktop's picture: one capture, and an encoder
// for each [Rung] that somebody watches.
type Video struct {
	o      VideoOptions
	strays strays
}

// NewVideo makes a source. It opens nothing until a stream runs it.
func NewVideo(o VideoOptions) *Video { return &Video{o: o.withDefaults()} }

// Codecs lists what it can encode to, best first.
func (v *Video) Codecs() []encode.Codec { return v.o.Codecs }

// Run captures and encodes what d asks for until ctx is done. When the
// display goes away it tries again until it is back; encoders live on.
func (v *Video) Run(ctx context.Context, d *Demand) {
	r := &videoRun{v: v, d: d, pacer: newPacer(v.o.FPS)}
	defer r.workers.Wait()
	defer r.closeEncodings(nil)
	retry := retryFirst
	lost, begun := false, false
	for ctx.Err() == nil {
		src, backend, err := capture.Open(ctx, v.o.Backends, v.o.Backend, v.o.Capture)
		if err == nil {
			v.o.Log.Info("capturing", "backend", backend)
			if lost {
				v.o.Status(true, "The picture is back.")
			}
			lost, begun, retry = false, true, retryFirst
			err = r.session(ctx, src)
		}
		if ctx.Err() != nil {
			return
		}
		if !lost {
			v.o.Log.Warn("capture stopped; trying again until it is back", "err", err)
			v.o.Status(false, absence(begun))
			lost = true
		}
		sleep(ctx, retry)
		retry = min(2*retry, retryMost)
	}
}

// absence is what a person is told while there is no display.
func absence(begun bool) string {
	if begun {
		return "The host's display went away. The picture comes back by itself when the display does."
	}
	return "The host's display is not there. The picture comes by itself when the display does."
}

// sleep waits for d or until ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// videoRun is the state of one Video.Run.
type videoRun struct {
	v         *Video
	d         *Demand
	pacer     *pacer
	encodings []*encoding
	workers   sync.WaitGroup // of the encodings
	wants     []Want
	content   content
	news      news
	changed   time.Duration // when the picture last did
	still     int           // how many times the same picture was sent, beyond the first
	took      time.Duration // by the encoder of the viewer in control, the last time

	reporting sync.Mutex
	failing   bool // no encoder worked, and a person was told
}

// session captures from src until it dies or ctx is done, and closes it.
func (r *videoRun) session(ctx context.Context, src capture.Source) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer src.Close()
	defer cancel()
	if cs, ok := src.(capture.CursorSource); ok {
		wg.Go(func() {
			if err := cs.WatchCursor(ctx, r.d.SetCursor); err != nil && ctx.Err() == nil {
				r.v.o.Log.Debug("pointer lost", "err", err)
			}
		})
	}
	alarm := newAlarm(ctx, r.d.Changed())
	wg.Go(alarm.run)
	for {
		f, err := r.next(ctx, src, alarm)
		if err != nil {
			return err
		}
		if r.still == 0 {
			// Sending a still picture again takes no turn away from a change.
			r.pacer.took(f.Time, f.Changed)
		}
		r.d.SetSize(f.Width, f.Height)
		r.encode(f)
		f.Release()
	}
}

// next waits for its turn, then for a change of the picture, and captures it.
// It captures a picture that has not changed when somebody wants a key frame,
// when the picture has just come to rest, and now and then so that viewers
// know that all is well.
func (r *videoRun) next(ctx context.Context, src capture.Source, a *alarm) (*capture.Frame, error) {
	r.pacer.follow(r.d.Refresh())
	if err := r.pacer.wait(ctx, r.d); err != nil {
		return nil, err
	}
	for {
		f, err := src.Next(a.set(r.patience()))
		if err == nil {
			r.still, r.changed = 0, f.Time
			return f, nil
		}
		if ctx.Err() != nil || !errors.Is(err, context.Canceled) {
			return nil, err
		}
		a.stop()
		if p := r.d.PokedAt(); p == 0 || capture.Now()-p > expectant {
			break
		}
	}
	r.still++
	f, err := src.Snap(ctx)
	if err == nil && len(f.Damage) > 0 {
		r.still, r.changed = 0, f.Time // meanwhile
	}
	return f, err
}

// patience is how long to wait for a change of the picture.
func (r *videoRun) patience() time.Duration {
	patience := heartbeat
	if !r.settled() {
		now, interval := capture.Now(), settleInterval
		if now-r.content.turned < haste && r.took < hasteMost {
			interval = hasteInterval
		}
		patience = min(max(r.changed+r.v.o.Settle-now, interval), heartbeat)
	}
	if wait := r.d.KeyAfter(capture.Now()); wait > 0 {
		patience = min(patience, wait)
	}
	if left := r.d.PokedAt() + expectant - capture.Now(); left > 0 && r.d.PokedAt() > 0 {
		patience = max(patience, left)
	}
	return patience
}

// settled is true when sending the same picture again would not improve it.
func (r *videoRun) settled() bool {
	if r.still < settleLeast || r.still >= settleMost {
		return r.still >= settleMost
	}
	for _, e := range r.encodings {
		if e.sent.Load() >= settledBytes {
			return false
		}
	}
	return r.d.track.mosaic.whole()
}

// encode encodes f for every rung that is wanted. The viewer in control comes
// first, unless its encoder is so slow that the picture would be old for the
// others.
func (r *videoRun) encode(f *capture.Frame) {
	r.content.see(f)
	r.news = r.d.track.mosaic.see(f, r.content.moves)
	r.wants = r.d.Wants(r.wants[:0], capture.Now())
	r.closeEncodings(r.wants)
	target := 0
	for _, w := range r.wants {
		target = max(target, r.bitrate(w))
	}
	r.d.SetTarget(target)
	r.hold(f)
	if r.took > r.pacer.interval/2 {
		r.encodeOthers(f)
		r.encodeControl(f)
		return
	}
	r.encodeControl(f)
	r.encodeOthers(f)
}

func (r *videoRun) encodeControl(f *capture.Frame) {
	for _, w := range r.wants {
		if w.Control && !r.exact(f, w) {
			began := capture.Now()
			r.encoding(w.Rung).here(r.job(f, w))
			r.took = capture.Now() - began
		}
	}
}

func (r *videoRun) encodeOthers(f *capture.Frame) {
	for _, w := range r.wants {
		if w.Control || r.exact(f, w) {
			continue
		}
		r.encoding(w.Rung).apart(r.job(f, w), &r.workers)
	}
}

// exact is true when the viewers of a rung are shown f by patches. Its video then
// follows when nothing has changed for a moment: a whole picture would stand in
// the way of the patch, in the encoder and in the viewer's compositor.
func (r *videoRun) exact(f *capture.Frame, w Want) bool {
	e := r.encoding(w.Rung)
	if !w.Patched || w.Key || !e.mayWait(f.Time, r.news) {
		return false
	}
	e.wait(f)
	return true
}

func (r *videoRun) job(f *capture.Frame, w Want) job {
	return job{frame: f, moving: r.content.moves, key: w.Key, bps: r.bitrate(w)}
}

// hold announces the key frames that will be made of f.
func (r *videoRun) hold(f *capture.Frame) {
	for _, w := range r.wants {
		if w.Key && !r.encoding(w.Rung).busy.Load() {
			r.d.Hold(w.Rung, f.Time)
		}
	}
}

// bitrate is what the encoder of a rung aims at.
func (r *videoRun) bitrate(w Want) int {
	bps := w.Scale.rate(r.v.o.Bitrate)
	if w.Bitrate > 0 {
		bps = min(bps, w.Bitrate)
	}
	return bps
}

// deliver encodes a frame and hands out the chunk, on the encoding's worker or
// where frames are captured.
func (r *videoRun) deliver(e *encoding, j job) {
	began := capture.Now()
	c, err := (*encode.Chunk)(nil), j.err
	if err == nil {
		c, err = e.rendition.encode(j)
	}
	r.report(e.rung.Codec, c, err)
	if c == nil {
		e.sent.Store(0)
		return
	}
	e.sent.Store(int64(len(c.Data)))
	r.d.Deliver(e.rung, c, capture.Now()-began)
}

// report tells a person when encoding stops to work, and when it works again.
func (r *videoRun) report(codec encode.Codec, c *encode.Chunk, err error) {
	r.reporting.Lock()
	defer r.reporting.Unlock()
	if err != nil && !r.failing {
		r.v.o.Log.Warn("no encoder works; trying again", "codec", codec.Name, "err", err)
		r.v.o.Status(false, "The host cannot encode the picture; it tries again every few seconds.")
		r.failing = true
	}
	if c != nil && r.failing {
		r.v.o.Status(true, "The picture is back.")
		r.failing = false
	}
}

// encoding returns the one for rung, new if need be.
func (r *videoRun) encoding(rung Rung) *encoding {
	for _, e := range r.encodings {
		if e.rung.is(rung) {
			return e
		}
	}
	e := &encoding{rung: rung, rendition: newRendition(rung.Codec, r.v.o, &r.v.strays), deliver: r.deliver}
	r.encodings = append(r.encodings, e)
	return e
}

// closeEncodings closes those that nobody wants any more.
func (r *videoRun) closeEncodings(wants []Want) {
	r.encodings = slices.DeleteFunc(r.encodings, func(e *encoding) bool {
		wanted := slices.ContainsFunc(wants, func(w Want) bool { return w.Rung.is(e.rung) })
		if !wanted {
			e.close()
		}
		return !wanted
	})
}
