package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"

	keys "github.com/causeway-rtc/causeway/cmd/internal/skyway"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/sfu"
	"github.com/causeway-rtc/causeway/peer/skyway"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
	"github.com/causeway-rtc/causeway/streams"
)

// maxSkyWayValue bounds what a SkyWay page may send at a time, in bytes:
// messages of input are 16 kB.
const maxSkyWayValue = 256 << 10

// checkSkyWay refuses what SkyWay cannot do.
func (c *config) checkSkyWay() error {
	if c.roomShare && (c.room == "" || c.roomMode != "sfu") {
		return errors.New("--room-share shares what an SFU room has: give the --room, and leave --room-mode at sfu")
	}
	if c.room == "" {
		return nil
	}
	if len(c.skyway) == 0 {
		return errors.New("--room is a room of SkyWay pages: give their API key as well, by --skyway-key or --skyway-keys")
	}
	if len(c.room) > skywayserver.MaxName {
		return fmt.Errorf("--room: allowed are up to %d bytes", skywayserver.MaxName)
	}
	for _, name := range slices.Sorted(maps.Keys(c.skyway)) {
		if c.roomMode == "sfu" && c.skyway[name].NoSFU {
			return fmt.Errorf("--room-mode sfu: the key %s is marked no-sfu; take that out of the file of keys, or use --room-mode mesh", name)
		}
	}
	return nil
}

// skywayHost is how SkyWay pages reach the desktop: a server of theirs, and for
// each API key a peer at it that answers, and is in the room.
type skywayHost struct {
	c       config
	log     *slog.Logger
	viewers *peer.Peer // of the host's own kind
	server  *skywayserver.Server
	forward *sfu.SFU // nil when no key has SFU rooms
	peers   []*skyway.Peer
	hosts   []*skyway.Host
}

// newSkyWay is nil without an API key.
func (h *host) newSkyWay(desktop *streams.Stream, guard *auth.Guard) (*skywayHost, error) {
	if len(h.c.skyway) == 0 {
		return nil, nil
	}
	s := &skywayHost{c: h.c, log: h.log.With("for", "skyway"), viewers: h.peer}
	if h.c.skyway.Forward() {
		var err error
		if s.forward, err = sfu.New(sfu.Options{Port: h.port, Codecs: h.codecs, Log: s.log}); err != nil {
			return nil, err
		}
	}
	s.server = skywayserver.New(skywayserver.Options{
		Keys: h.c.skyway, Insecure: h.c.insecure, SFU: keys.SFU(s.forward), Log: s.log,
	})
	for _, key := range slices.Sorted(maps.Keys(h.c.skyway)) {
		if err := s.add(h, key, desktop, guard); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// add has the host be a peer of an API key.
func (s *skywayHost) add(h *host, key string, desktop *streams.Stream, guard *auth.Guard) error {
	p, err := skyway.New(h.c.id, skyway.Options{
		Key: key, Server: s.server, ICEPort: h.port, ICEServers: []peer.ICEServer{}, Codecs: h.codecs, Bitrate: h.c.bitrate,
		MaxValue: maxSkyWayValue, Log: s.log,
	})
	if err != nil {
		return err
	}
	o := skyway.HostOptions{
		Peer: p, Stream: desktop, Log: s.log,
		Addr:   func(id string) string { return s.server.Addr(key, id) },
		Verify: func(skyway.Visit) error { return nil },
	}
	if h.token != "" {
		o.Verify = skyway.VerifyToken(guard)
	}
	if h.c.room != "" {
		o.Rooms = []skyway.HostRoom{s.room(key, desktop)}
	}
	host, err := skyway.NewHost(o)
	s.peers, s.hosts = append(s.peers, p), append(s.hosts, host)
	return err
}

// room is the room of the flags. The SFU is in this process, so that the
// desktop needs no connection to it.
func (s *skywayHost) room(key string, desktop *streams.Stream) skyway.HostRoom {
	r := skyway.HostRoom{Name: s.c.room, Mode: skyway.RoomMode(s.c.roomMode)}
	if r.Mode == skyway.SFU {
		r.Publish = func() (stop func(), err error) {
			return s.forward.Publish(skywayserver.SFURoom(key, s.c.room), s.c.id, desktop)
		}
	}
	return r
}

// share shows the members of a key's room to the host's own viewers, until stop
// is called.
func (s *skywayHost) share(key string) (stop func()) {
	g := &guests{peer: s.viewers, room: s.c.room, self: s.c.id, log: s.log, shown: map[string]*guest{}}
	// No id of SkyWay's has a slash.
	leave, err := s.forward.Follow(skywayserver.SFURoom(key, s.c.room), s.c.id+"/viewers", g.show)
	if err != nil {
		s.log.Warn("viewers cannot see the room", "err", err)
		return func() {}
	}
	return func() { leave(); g.close() }
}

// register serves SkyWay's signalling, as that of PeerJS is served.
func (s *skywayHost) register(mux *http.ServeMux, hasToken bool) {
	handler := ownPages(s.server, hasToken)
	mux.Handle("/socket.io/", handler)
	mux.Handle("/api/apikeys/", handler)
}

// run answers until ctx is done. The desktop does not end when this does.
func (s *skywayHost) run(ctx context.Context) {
	var wg sync.WaitGroup
	if s.c.roomShare {
		for _, key := range slices.Sorted(maps.Keys(s.c.skyway)) {
			defer s.share(key)()
		}
	}
	for i, p := range s.peers {
		wg.Go(func() {
			if err := s.hosts[i].Run(ctx); err != nil {
				s.log.Warn("SkyWay pages get no answer any more", "err", err)
			}
		})
		wg.Go(func() {
			if err := p.Run(ctx); err != nil {
				s.log.Warn("SkyWay pages cannot reach the desktop", "err", err)
			}
		})
	}
	wg.Wait()
}

// takeID waits until the host's id is its own with every key.
func (s *skywayHost) takeID(ctx context.Context) {
	for _, p := range s.peers {
		if err := p.WaitOpen(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("the id was not to be had", "err", err)
		}
	}
}

// close ends the server, after run, whose goodbyes go through it.
func (s *skywayHost) close() {
	if err := s.server.Close(); err != nil {
		s.log.Debug("the server did not close", "err", err)
	}
	if s.forward != nil {
		_ = s.forward.Close() // which never fails
	}
}
