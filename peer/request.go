package peer

import (
	"context"
	"fmt"

	"github.com/causeway-rtc/causeway/input"
)

// StreamOptions is what we would like of a stream.
type StreamOptions struct {
	// Level is what we would like to do. The publisher decides, and may change
	// its mind.
	Level input.Level
	// Fit is how the picture will be shown: "contain", "cover" or "actual".
	// Empty says nothing.
	Fit string
	// Metrics asks for [PublisherStats] from the beginning.
	Metrics bool
}

// Announcement is a stream that a Remote publishes.
type Announcement struct {
	Remote *Remote
	Info   StreamInfo
}

// Join asks to watch the stream. It returns as [Remote.CreateStream] does.
func (a *Announcement) Join(ctx context.Context, o StreamOptions) (*InboundStream, error) {
	return a.Remote.ask(ctx, a.Info.ID, o)
}

// CreateStream asks the remote for a stream, and leaves to it which. It
// returns once the remote has decided; the tracks come soon after. The error
// is a [*Reject] when it refuses.
func (r *Remote) CreateStream(ctx context.Context, o StreamOptions) (*InboundStream, error) {
	return r.ask(ctx, 0, o)
}

// ForceStreamAnnouncements has the remote announce all its streams again.
func (r *Remote) ForceStreamAnnouncements() { r.sendControl(announcements{}) }

// answer is the end of a request.
type answer struct {
	stream *InboundStream
	err    error
}

func (r *Remote) ask(ctx context.Context, stream int, o StreamOptions) (*InboundStream, error) {
	select {
	case <-r.greeted:
	case <-r.ctx.Done():
		return nil, fmt.Errorf("peer: stream: %w", r.Err())
	case <-ctx.Done():
		return nil, fmt.Errorf("peer: stream: the other side has not said hello: %w", ctx.Err())
	}
	got := make(chan answer, 1)
	r.mu.Lock()
	r.lastAsk++
	request := r.lastAsk
	r.asked[request] = got
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.asked, request)
	}()
	r.sendControl(streamAsk{Request: request, Stream: stream, Level: o.Level, Fit: o.Fit, Metrics: o.Metrics})
	select {
	case a := <-got:
		if a.err != nil {
			return nil, fmt.Errorf("peer: stream: %w", a.err)
		}
		return a.stream, nil
	case <-r.ctx.Done():
		return nil, fmt.Errorf("peer: stream: %w", r.Err())
	case <-ctx.Done():
		return nil, fmt.Errorf("peer: stream: %w", ctx.Err())
	}
}

// answered ends a request of ours.
func (r *Remote) answered(request uint32, a answer) {
	r.mu.Lock()
	got := r.asked[request]
	delete(r.asked, request)
	r.mu.Unlock()
	if got != nil {
		got <- a
	}
}

func (r *Remote) onAnnounce(m announce) {
	if m.Stream.ID > 0 && m.Stream.ID < foreignStreams {
		Emit(r.peer, StreamAnnounced{&Announcement{Remote: r, Info: m.Stream}})
	}
}
