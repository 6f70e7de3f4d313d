package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/peer"
)

// reconnectAfter is the wait between attempts to reach a host that was there.
const reconnectAfter = 300 * time.Millisecond

// watch connects to the host and watches it until ctx is done. A host that
// was reached once is tried again when it goes away.
func watch(ctx context.Context, c config, stdout io.Writer, log *slog.Logger) error {
	p, err := parseURL(c)
	if err != nil {
		return err
	}
	host, err := p.hostID(ctx)
	if err != nil {
		return fmt.Errorf("reach the host: %w", err)
	}
	conn, err := p.dial(ctx)
	if err != nil {
		return fmt.Errorf("reach the host: %w", err)
	}
	defer conn.Close()
	local, err := peer.New(peer.Options{ID: newID(), Secret: newID(), Signal: conn, Codecs: wanted(c), Log: log})
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	failed := make(chan error, 1)
	wg.Go(func() { failed <- local.Run(running) })

	v := &viewer{c: c, log: log, stats: newMeter()}
	if c.frames != "" {
		if v.pictures, err = newPictures(c.frames, log); err != nil {
			return err
		}
		defer v.pictures.close()
	}
	if c.stats != "off" {
		wg.Go(func() { v.stats.report(running, stdout, c.stats == "json") })
	}
	for first := true; ; first = false {
		err := v.session(ctx, local, host, p.token)
		if ctx.Err() != nil {
			return nil
		}
		var refused *peer.Reject
		if first && v.stats.empty() || errors.As(err, &refused) {
			return err
		}
		log.Warn("lost the host; trying again", "err", err)
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-time.After(reconnectAfter):
		}
	}
}

// wanted are the codecs that the flags ask for, or nil for auto.
func wanted(c config) []encode.Codec {
	for _, have := range encode.Video {
		if have.Name == c.codec {
			return []encode.Codec{have, encode.Opus}
		}
	}
	return nil
}

// viewer is what outlives one connection.
type viewer struct {
	c        config
	log      *slog.Logger
	stats    *meter
	pictures *pictures // nil unless they are written
}

// session watches over one connection, until it ends or ctx is done.
func (v *viewer) session(ctx context.Context, local *peer.Peer, host, token string) error {
	connecting, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	r, err := local.Connect(connecting, host, peer.ConnectOptions{Token: token, Watch: true})
	if err != nil {
		return err
	}
	defer r.Close()
	v.stats.connected(r)
	s, err := r.Stream(connecting)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { stop(v.video(ctx, s)) })
	wg.Go(func() {
		if err := v.audio(ctx, s); err != nil {
			v.log.Debug("no sound", "err", err)
		}
	})
	wg.Wait()
	return context.Cause(ctx)
}

// video decodes the picture until the connection ends.
func (v *viewer) video(ctx context.Context, s *peer.InboundStream) error {
	in, err := s.Video(ctx)
	if err != nil {
		return err
	}
	if !v.c.decode {
		return v.count(ctx, in)
	}
	backend, err := codecs.FindDecoder(codecs.All, in.Codec())
	if err != nil {
		return err
	}
	dec, err := backend.NewDecoder()
	if err != nil {
		return err
	}
	defer dec.Close()
	for {
		c, err := in.Next(ctx)
		if err != nil {
			return err
		}
		v.stats.received(in.Codec(), c)
		f, err := dec.Decode(&c.Chunk)
		if err != nil {
			v.log.Debug("a frame was not decoded", "err", err)
			v.stats.undecoded()
			in.RequestKeyframe()
			continue
		}
		v.stats.decoded(c, f, capture.Now())
		if f != nil && v.pictures != nil {
			v.pictures.put(f, in.Codec().MatrixOf(f))
		}
	}
}

// count takes the picture without decoding it.
func (v *viewer) count(ctx context.Context, in *peer.InboundTrack) error {
	for {
		c, err := in.Next(ctx)
		if err != nil {
			return err
		}
		v.stats.received(in.Codec(), c)
	}
}

// audio decodes the sound until the connection ends.
func (v *viewer) audio(ctx context.Context, s *peer.InboundStream) error {
	if !v.c.decode {
		return nil
	}
	in, err := s.Audio(ctx)
	if err != nil {
		return err
	}
	backend, err := codecs.FindDecoder(codecs.All, in.Codec())
	if err != nil {
		return err
	}
	dec, err := backend.NewAudioDecoder(encode.Params{})
	if err != nil {
		return err
	}
	defer dec.Close()
	for {
		c, err := in.Next(ctx)
		if err != nil {
			return err
		}
		a, err := dec.Decode(&c.Chunk)
		if err != nil {
			v.log.Debug("a sound was not decoded", "err", err)
			continue
		}
		v.stats.sound(c, a)
	}
}
