package media

import (
	"fmt"
	"slices"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// Replace sends tracks and no others, at most one of each kind. One takes over
// from another in the codec that was agreed with that, or the error wraps
// [ErrNoCodec]. renegotiate says that the other side is to be offered, or to
// offer, anew: a track has gone, or a new one is of a kind that there was none
// of; codecs are then those of Add.
func (x *Exchange) Replace(tracks []*streams.Track, codecs []encode.Codec) (renegotiate bool, err error) {
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		i := slices.IndexFunc(tracks, func(t *streams.Track) bool { return len(t.Codecs()) > 0 && KindOf(t.Codecs()[0]) == kind })
		s, sent := x.sendingOf(kind)
		switch {
		case i < 0 && sent:
			renegotiate, err = true, x.remove(s)
		case i >= 0 && !sent:
			renegotiate, err = true, x.attach(tracks[i], codecs)
		case i >= 0 && s.Source() != tracks[i] && !s.Replace(tracks[i]):
			err = fmt.Errorf("media: replace %s: %w", kind, ErrNoCodec)
		}
		if err != nil {
			return renegotiate, err
		}
	}
	return renegotiate, nil
}

// attach sends t in a section in which nothing is sent, or in a new one.
func (x *Exchange) attach(t *streams.Track, codecs []encode.Codec) error {
	s := x.newSender(t)
	rtp, err := x.pc.AddTrack(s)
	if err != nil {
		return err
	}
	for _, transceiver := range x.pc.GetTransceivers() {
		if codecs != nil && transceiver.Sender() == rtp {
			if err := x.prefer(transceiver, common(t.Codecs(), codecs)); err != nil {
				return err
			}
		}
	}
	return x.keep(s, rtp)
}

// remove sends a track no longer.
func (x *Exchange) remove(s sending) error {
	x.mu.Lock()
	x.sendings = slices.DeleteFunc(x.sendings, func(have sending) bool { return have == s })
	if len(x.sendings) == 0 {
		x.streams++
	}
	x.mu.Unlock()
	if err := x.pc.RemoveTrack(s.rtp); err != nil {
		return err
	}
	return s.Close()
}

// sendingOf is the sending of a kind, and false when there is none.
func (x *Exchange) sendingOf(kind webrtc.RTPCodecType) (sending, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.sendings {
		if s.Kind() == kind {
			return s, true
		}
	}
	return sending{}, false
}
