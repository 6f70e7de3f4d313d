package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/streams"
)

// maxStreams bounds the streams of one peer.
const maxStreams = 32

// OutboundStream is a stream that a peer publishes. The levels of all its
// viewers are those of the [streams.Stream]; those of one are set by
// [OutboundStream.SetPeerLevel].
type OutboundStream struct {
	*streams.Stream
	peer   *Peer
	id     int
	filter func(*Remote) bool

	changing sync.RWMutex // held while remotes begin to watch
	gone     bool         // it is not published; guarded by changing
}

// PublishOptions says to whom a stream is published.
type PublishOptions struct {
	// Filter says which remotes learn of the stream. Nil means all.
	Filter func(*Remote) bool
}

// Publish announces a stream to every remote, present and to come. Those that
// want every stream unasked watch it from now on. A stream of the same name
// may not be published already: to exchange the tracks of one, see
// [OutboundStream.ReplaceTracks]. The stream stays the caller's to close,
// after Unpublish.
func (p *Peer) Publish(s *streams.Stream, o PublishOptions) (*OutboundStream, error) {
	p.mu.Lock()
	for _, have := range p.streams {
		if have.Name() == s.Name() {
			p.mu.Unlock()
			return nil, fmt.Errorf("peer: a stream named %q is published already", s.Name())
		}
	}
	if len(p.streams) >= maxStreams {
		p.mu.Unlock()
		return nil, fmt.Errorf("peer: more than %d streams", maxStreams)
	}
	p.lastID++
	published := &OutboundStream{Stream: s, peer: p, id: p.lastID, filter: o.Filter}
	p.streams = append(p.streams, published)
	remotes := p.everyRemote()
	p.mu.Unlock()
	for _, r := range remotes {
		r.published(published)
	}
	return published, nil
}

// Unpublish takes a stream away from everybody who watches it. The second
// call does nothing.
func (p *Peer) Unpublish(s *OutboundStream) {
	p.mu.Lock()
	before := len(p.streams)
	p.streams = slices.DeleteFunc(p.streams, func(have *OutboundStream) bool { return have == s })
	remotes := p.everyRemote()
	gone := len(p.streams) != before
	p.mu.Unlock()
	if !gone {
		return
	}
	s.changing.Lock()
	s.gone = true
	s.changing.Unlock()
	for _, r := range remotes {
		r.unpublished(s)
	}
}

// Published are the streams that the peer publishes, in the order in which
// they were.
func (p *Peer) Published() []*OutboundStream {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.streams)
}

// stream is the published stream of that number that r may know of, or nil.
// Number 0 means the first.
func (p *Peer) stream(r *Remote, id int) *OutboundStream {
	for _, s := range p.Published() {
		if (s.id == id || id == 0) && s.shownTo(r) {
			return s
		}
	}
	return nil
}

// ID is the stream's number among its peer's, counted from 1.
func (s *OutboundStream) ID() int { return s.id }

func (s *OutboundStream) shownTo(r *Remote) bool { return s.filter == nil || s.filter(r) }

// PeerLevel is what one viewer may do.
func (s *OutboundStream) PeerLevel(r *Remote) input.Level { return s.ViewerLevel(r.Viewer()) }

// SetPeerLevel changes what one viewer may do, at once, and tells it. What it
// holds down and may no longer press is let go of.
func (s *OutboundStream) SetPeerLevel(r *Remote, level input.Level) error {
	if err := s.SetViewerLevel(r.Viewer(), level); err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	return nil
}

// Viewers are the remotes that watch.
func (s *OutboundStream) Viewers() []*Remote {
	s.peer.mu.Lock()
	all := s.peer.everyRemote()
	s.peer.mu.Unlock()
	return slices.DeleteFunc(all, func(r *Remote) bool { return r.watching(s.id) == nil })
}

// ReplaceTracks exchanges the stream's tracks, for everybody who watches it. A
// track in the place of one of its kind takes over at its next key frame,
// without negotiation. The old tracks stay the caller's to close.
func (s *OutboundStream) ReplaceTracks(tracks ...*streams.Track) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := s.SetTracks(tracks); err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	var errs []error
	for _, r := range s.Viewers() {
		if o := r.watching(s.id); o != nil {
			errs = append(errs, o.replaceTracks(tracks))
		}
	}
	return errors.Join(errs...)
}

// Remove ends one viewer's watching, and tells it why.
func (s *OutboundStream) Remove(r *Remote, reason string) {
	if o := r.watching(s.id); o != nil {
		o.end(reason, true)
	}
}

// StreamRequest is a remote's wish to watch.
type StreamRequest struct {
	Remote *Remote
	// Stream is what was asked for, or nil when the remote left the choice.
	Stream *OutboundStream
	// Level is what the remote would like to do.
	Level input.Level
	// Fit is how it shows the picture: "contain", "cover" or "actual"; often
	// empty.
	Fit string
}

// Grant is the answer to a [StreamRequest].
type Grant struct {
	Stream *OutboundStream
	// Level is what the viewer may do, whatever the stream's level is.
	Level input.Level
}

// decideStream answers a request by the application, or by what is published.
func (p *Peer) decideStream(ctx context.Context, q StreamRequest) (Grant, error) {
	if p.o.StreamRequest != nil {
		g, err := p.o.StreamRequest(ctx, q)
		if err == nil && g.Stream == nil {
			err = errors.New("peer: the grant has no stream")
		}
		return g, err
	}
	if q.Stream == nil {
		q.Stream = p.stream(q.Remote, 0)
	}
	if q.Stream == nil {
		return Grant{}, &Reject{Code: CodeAbsent, Message: "nothing is published"}
	}
	return Grant{Stream: q.Stream, Level: q.Level & q.Stream.Level()}, nil
}
