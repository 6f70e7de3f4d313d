package visit

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/streams"
)

// maxVisitors bounds the connections that a [Desk] serves at a time; peers
// have bounds of their own.
const maxVisitors = 64

// Options says what a [Desk] gives to whom. Stream and Verify are required.
type Options struct {
	// Stream is what visitors see and hear, and use.
	Stream *streams.Stream
	// Verify decides who may, and returns nil, or why not. It must not block.
	Verify func(Visit) error
	// Addr is the address of a peer, or empty when it is not known. Nil means
	// that it never is.
	Addr func(id string) string
	// Log receives a line for each visit. Nil discards.
	Log *slog.Logger
}

// Desk is a stream that visitors may use. Its methods may be called from any
// goroutine.
type Desk struct {
	o   Options
	log *slog.Logger
	wg  sync.WaitGroup

	mu       sync.Mutex
	ctx      context.Context // of Run; nil before and after
	visitors int
}

// New makes a desk, which refuses everybody until Run, and after.
func New(o Options) (*Desk, error) {
	if o.Stream == nil || o.Verify == nil {
		return nil, errors.New("visit: a desk needs a stream and a way to verify")
	}
	if o.Addr == nil {
		o.Addr = func(string) string { return "" }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Desk{o: o, log: o.Log}, nil
}

// Run serves until f returns, which is given the context of all visits. They
// have ended when Run returns.
func (d *Desk) Run(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer d.wg.Wait()
	defer cancel()
	d.mu.Lock()
	d.ctx = ctx
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.ctx = nil // and nobody begins
		d.mu.Unlock()
	}()
	return f(ctx)
}

// Running is true while visitors are served.
func (d *Desk) Running() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ctx != nil
}

// check decides about a connection. input says that it is for that.
func (d *Desk) check(id string, metadata json.RawMessage, input bool) error {
	v := Visit{ID: id, Addr: d.o.Addr(id), Metadata: metadata, Input: input}
	var said struct{ Token string }
	if json.Unmarshal(metadata, &said) == nil {
		v.Token = said.Token
	}
	err := d.o.Verify(v)
	if err != nil {
		d.log.Warn("a visitor was refused", "peer", v.ID, "addr", v.Addr, "err", err)
	}
	return err
}

// serve runs f for a visitor in a goroutine, if there is room. The context is
// that of Run.
func (d *Desk) serve(f func(ctx context.Context)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx == nil || d.ctx.Err() != nil || d.visitors >= maxVisitors {
		return errBusy
	}
	ctx := d.ctx
	d.visitors++
	d.wg.Go(func() {
		defer func() {
			d.mu.Lock()
			d.visitors--
			d.mu.Unlock()
		}()
		f(ctx)
	})
	return nil
}

// inject has a visitor's input injected: each value that receive returns and
// that is bytes. What the visitor holds down goes up in the end, which is when
// receive fails, or when it sends what is no input. That is the error, nil
// otherwise.
func (d *Desk) inject(ctx context.Context, visitor string, receive func(context.Context) (any, error)) error {
	v, err := d.o.Stream.Join(visitor, input.All, nil)
	if err != nil {
		d.log.Warn("a visitor could not join", "visitor", visitor, "err", err)
		return nil
	}
	defer func() {
		if err := v.Close(); err != nil {
			d.log.Warn("what a visitor held down could not be released", "visitor", visitor, "err", err)
		}
	}()
	d.log.Info("a visitor's input is taken", "visitor", visitor)
	for {
		value, err := receive(ctx)
		if err != nil {
			return nil
		}
		message, ok := value.([]byte)
		if !ok {
			continue // it may ask what it likes; there is no answer
		}
		shows, err := v.Handle(message)
		if errors.Is(err, input.ErrMalformed) {
			d.log.Warn("a visitor's input was not understood", "visitor", visitor, "err", err)
			return err
		}
		if err != nil {
			d.log.Debug("input was not injected", "err", err)
		}
		if shows {
			d.poke(visitor)
		}
	}
}

// poke has the picture captured soon, since a visitor did something.
func (d *Desk) poke(visitor string) {
	for _, t := range d.o.Stream.Tracks() {
		if isVideo(t) {
			t.Poke(visitor)
		}
	}
}

// watch has the visitor be a viewer of the stream, who only watches, until it
// leaves. It is false when it may not.
func (d *Desk) watch(visitor string) (leave func(), ok bool) {
	v, err := d.o.Stream.Join(visitor, input.None, nil)
	if err != nil {
		d.log.Warn("a visitor could not join", "visitor", visitor, "err", err)
		return nil, false
	}
	return func() { _ = v.Close() }, true // it holds nothing down
}

// Tracks are those of the stream.
func (d *Desk) Tracks() []*streams.Track { return d.o.Stream.Tracks() }

// Missing are the tracks of the stream that go with neither what is taken.
func (d *Desk) Missing(video, audio bool) []*streams.Track {
	return slices.DeleteFunc(d.o.Stream.Tracks(), func(t *streams.Track) bool {
		if len(t.Codecs()) == 0 {
			return true
		}
		if isVideo(t) {
			return video
		}
		return audio
	})
}

func isVideo(t *streams.Track) bool {
	return len(t.Codecs()) > 0 && strings.HasPrefix(t.Codecs()[0].MIMEType, "video/")
}
