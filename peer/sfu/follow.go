package sfu

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/peer/media"
)

// follower is a member in this process, which sends nothing. It has a
// connection like any other, by ports of its own, so that what it follows comes
// as to everybody else.
type follower struct {
	changed  func(map[string][]*media.Track)
	pc       *webrtc.PeerConnection
	exchange *media.Exchange
	member   *Member
	ready    chan struct{} // closed once member is set
	wake     chan struct{}

	mu     sync.Mutex
	owners map[string]string
}

// Follow has changed called with the pictures and sounds that others send to a
// room, by their members' ids: now, and whenever some come or go, from one
// goroutine, until stop is called. The id must be no other member's, and is not
// told to anybody.
func (s *SFU) Follow(room, id string, changed func(map[string][]*media.Track)) (stop func(), err error) {
	api, config, err := peer.NewAPI(peer.APIOptions{Codecs: s.o.Codecs, Log: s.o.Log})
	if err != nil {
		return nil, fmt.Errorf("sfu: follow: %w", err)
	}
	f := &follower{changed: changed, ready: make(chan struct{}), wake: make(chan struct{}, 1)}
	if f.pc, err = api.NewPeerConnection(config); err != nil {
		return nil, fmt.Errorf("sfu: follow: %w", err)
	}
	f.exchange = media.NewExchange(f.pc, media.ExchangeOptions{
		StreamID: id, Viewer: id, Codecs: s.o.Codecs, Controller: congestion.NewBackoff(0), Packetizers: &s.packs,
		MaxTracks: 2 * s.o.MaxMembers, OnTrack: func(*media.Track) { wake(f.wake) }, Log: s.o.Log,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { f.exchange.Run(ctx) })
	wg.Go(func() { f.tell(ctx) })
	stop = sync.OnceFunc(func() {
		if f.member != nil {
			_ = f.member.Close()
		}
		cancel()
		f.exchange.Close()
		_ = f.pc.GracefulClose()
		f.exchange.Wait()
		wg.Wait()
	})
	f.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			f.exchange.Connected()
		}
	})
	f.member, err = s.Join(room, id, MemberOptions{Offer: func(sdp string, streams map[string]string) {
		if err := f.answer(ctx, sdp, streams); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("a room can no longer be followed", "room", room, "err", err)
		}
	}})
	if err != nil {
		stop()
		return nil, err
	}
	close(f.ready)
	return stop, nil
}

// answer answers an offer.
func (f *follower) answer(ctx context.Context, sdp string, owners map[string]string) error {
	f.mu.Lock()
	f.owners = owners
	f.mu.Unlock()
	if err := f.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return err
	}
	d, err := f.pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(f.pc)
	if err := f.pc.SetLocalDescription(d); err != nil {
		return err
	}
	for _, c := range []<-chan struct{}{gathered, f.ready} {
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	wake(f.wake)
	local := f.pc.LocalDescription()
	if local == nil {
		return errors.New("sfu: the connection is closed")
	}
	return f.member.Answer(media.WithoutEmpty(local.SDP))
}

// tell tells what there is, until ctx is done.
func (f *follower) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		all := map[string][]*media.Track{}
		f.mu.Lock()
		for _, t := range f.exchange.Tracks() {
			if owner := f.owners[t.StreamID()]; owner != "" {
				all[owner] = append(all[owner], t)
			}
		}
		f.mu.Unlock()
		f.changed(all)
	}
}
