package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/streams"
)

// guests are the members of a SkyWay room, as the host's own viewers see them:
// each is a stream beside the desktop. It is used from one goroutine.
type guests struct {
	peer  *peer.Peer
	room  string
	self  string // the host's id, whose stream the viewers have already
	log   *slog.Logger
	shown map[string]*guest
}

// guest is what one member sends, on its way on.
type guest struct {
	stream *peer.OutboundStream
	relays map[*media.Track]*streams.Track
}

// show shows what the members send, by their ids, and nothing else any more.
func (g *guests) show(all map[string][]*media.Track) {
	for id := range g.shown {
		if len(all[id]) == 0 {
			g.remove(id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if id == g.self {
			continue
		}
		if err := g.update(id, all[id]); err != nil {
			g.log.Warn("viewers cannot see a member of the room", "peer", id, "err", err)
		}
	}
}

// update shows a member's tracks.
func (g *guests) update(id string, came []*media.Track) error {
	known := g.shown[id]
	if known != nil && len(known.relays) == len(came) && !slices.ContainsFunc(came, func(t *media.Track) bool { return known.relays[t] == nil }) {
		return nil
	}
	fresh := &guest{relays: map[*media.Track]*streams.Track{}}
	var tracks []*streams.Track
	for _, t := range came {
		if known != nil && known.relays[t] != nil {
			fresh.relays[t] = known.relays[t]
		} else {
			fresh.relays[t] = relay(id, t)
		}
		tracks = append(tracks, fresh.relays[t])
	}
	if known != nil {
		fresh.stream = known.stream
		g.shown[id] = fresh
		err := known.stream.ReplaceTracks(tracks...)
		for t, r := range known.relays {
			if fresh.relays[t] == nil {
				_ = r.Close() // a relay has nothing that could fail
			}
		}
		return err
	}
	stream, err := streams.New(streams.Options{Name: g.room + "/" + id, Tracks: tracks, Level: input.None})
	if err != nil {
		return err
	}
	if fresh.stream, err = g.peer.Publish(stream, peer.PublishOptions{}); err != nil {
		_ = stream.Close()
		return err
	}
	g.shown[id] = fresh
	return nil
}

// relay is a track of a member's as one of ours.
func relay(id string, t *media.Track) *streams.Track {
	return streams.NewTrack(id, streams.NewRelay(streams.RelayOptions{
		Codec: t.Codec(), RequestKeyframe: t.RequestKeyframe,
		Next: func(ctx context.Context) (*encode.Chunk, error) {
			c, err := t.Next(ctx)
			if err != nil {
				return nil, err
			}
			return &c.Chunk, nil
		},
	}))
}

// remove takes a member from the viewers.
func (g *guests) remove(id string) {
	known := g.shown[id]
	delete(g.shown, id)
	g.peer.Unpublish(known.stream)
	_ = known.stream.Close() // and its relays, which have nothing that could fail
}

// close takes all of them away.
func (g *guests) close() { g.show(nil) }
