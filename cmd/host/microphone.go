package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/streams"
)

// microphoneStream is the name of the stream in which a viewer speaks.
const microphoneStream = "microphone"

// microphoneRetry is how often a sound server that is away is looked for.
const microphoneRetry = time.Second

// hearing has viewers heard by the host's programs: what a viewer publishes as
// its microphone, and may, is spoken into a virtual one. That is made when the
// first speaks, and stays.
type hearing struct {
	desktop *streams.Stream
	open    func(context.Context) (input.VirtualMicrophone, error)
	decoder encode.Backend
	log     *slog.Logger
	wg      sync.WaitGroup

	mu         sync.Mutex
	speakers   map[*peer.Remote]struct{} // one stream of each is heard
	microphone input.VirtualMicrophone   // nil until somebody speaks
	next       time.Time                 // of the next attempt to make it
}

// newHearing listens to the viewers of a desktop. Without a decoder nobody is
// heard.
func newHearing(desktop *streams.Stream, open func(context.Context) (input.VirtualMicrophone, error), log *slog.Logger) *hearing {
	decoder, err := codecs.FindDecoder(codecs.All, encode.Opus)
	if err != nil {
		log.Warn("viewers' microphones are not heard", "err", err)
		return nil
	}
	return &hearing{desktop: desktop, open: open, decoder: decoder, log: log, speakers: map[*peer.Remote]struct{}{}}
}

// follow listens to those who speak until ctx is done.
func (h *hearing) follow(ctx context.Context, p *peer.Peer) {
	off := peer.On(p, func(e peer.StreamAnnounced) {
		if e.Info.Name == microphoneStream && h.enter(e.Remote) {
			h.wg.Go(func() {
				defer h.leave(e.Remote)
				if err := h.hear(ctx, e.Announcement); err != nil && ctx.Err() == nil {
					h.log.Info("a viewer's microphone ended", "peer", e.Remote.ID(), "err", err)
				}
			})
		}
	})
	<-ctx.Done()
	off()
	h.wg.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.microphone != nil {
		h.microphone.Close()
	}
}

// enter notes that a viewer speaks, unless it does already or may not.
func (h *hearing) enter(r *peer.Remote) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, speaks := h.speakers[r]; speaks || !h.allowed(r) {
		return false
	}
	h.speakers[r] = struct{}{}
	return true
}

func (h *hearing) leave(r *peer.Remote) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.speakers, r)
}

// allowed is true while a viewer may speak.
func (h *hearing) allowed(r *peer.Remote) bool {
	return h.desktop.ViewerLevel(r.Viewer()).Has(input.Microphone)
}

// hear plays a viewer's microphone until it ends, or ctx does.
func (h *hearing) hear(ctx context.Context, a *peer.Announcement) error {
	s, err := a.Join(ctx, peer.StreamOptions{})
	if err != nil {
		return err
	}
	in, err := s.Audio(ctx)
	if err != nil {
		return err
	}
	dec, err := h.decoder.NewAudioDecoder(encode.Params{Rate: input.MicrophoneRate, Channels: 1})
	if err != nil {
		return err
	}
	defer dec.Close()
	h.log.Info("a viewer speaks", "peer", a.Remote.ID())
	var voice input.Voice
	defer func() {
		if voice != nil {
			voice.Close()
		}
	}()
	for {
		c, err := in.Next(ctx)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		sound, err := dec.Decode(&c.Chunk)
		if err != nil || !h.allowed(a.Remote) {
			continue // one bad packet is not the end, nor is a permission lost
		}
		if voice == nil {
			voice = h.speak(ctx)
		}
		if voice != nil && voice.Say(sound.Samples) != nil {
			voice = nil // with its server, which the next packet looks for
			h.lost()
		}
	}
}

// speak is a new voice, or nil while there is no sound server.
func (h *hearing) speak(ctx context.Context) input.Voice {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.microphone == nil {
		if time.Now().Before(h.next) {
			return nil
		}
		m, err := h.open(ctx)
		if err != nil {
			h.next = time.Now().Add(microphoneRetry)
			h.log.Warn("nobody hears the viewers", "err", err)
			return nil
		}
		h.microphone = m
	}
	v, err := h.microphone.Speak()
	if err != nil {
		h.microphone.Close()
		h.microphone = nil
		return nil
	}
	return v
}

// lost forgets a microphone whose server is gone.
func (h *hearing) lost() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.microphone != nil {
		h.microphone.Close()
		h.microphone = nil
	}
}
