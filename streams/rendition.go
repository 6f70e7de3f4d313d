package streams

import (
	"errors"
	"fmt"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// encoderRetry is how long a codec none of whose encoders works is left alone
// before they are all tried again.
const encoderRetry = 2 * time.Second

// rendition is the picture in one codec: an encoder, opened again when the
// picture's size changes, and replaced by the next of its codec when it
// fails, hangs or lies, see guard. In 4:4:4 another encoder, of 4:2:0, takes over while all of the picture
// moves: its decoders read both, and a key frame lies between.
type rendition struct {
	codec    encode.Codec
	strays   *strays
	o        VideoOptions
	encoders []encode.Backend // those of codec, then those for motion alone
	still    int              // how many of encoders are not for motion alone

	content content
	moving  bool // as content last said
	at      int  // the index in encoders of the one in use
	enc     *guard
	width   int
	height  int
	bitrate int
	hint    int           // how much memory the next chunk may need
	rest    time.Duration // when to try again, while all have failed
	failed  bool
}

func newRendition(codec encode.Codec, o VideoOptions, s *strays) *rendition {
	r := &rendition{codec: codec, o: o, strays: s}
	for _, b := range o.Encoders {
		if b.Codec.Name == codec.Name && b.NewEncoder != nil {
			r.encoders = append(r.encoders, b)
		}
	}
	r.still = len(r.encoders)
	for _, b := range o.Encoders {
		if codec.Name == encode.H264High444.Name && b.Codec.Name == encode.H264.Name && b.NewEncoder != nil {
			r.encoders = append(r.encoders, b)
		}
	}
	return r
}

// follow takes the encoder that suits what the picture shows.
func (r *rendition) follow(f *capture.Frame) {
	moving := r.content.see(f)
	if moving == r.moving || r.still == len(r.encoders) || r.still == 0 {
		return
	}
	r.close()
	r.moving, r.at = moving, 0
	if moving {
		r.at = r.still
	}
}

// encode encodes f, aiming at bps bits a second. The chunk is nil while every
// encoder fails; the error says so once for each round of attempts.
func (r *rendition) encode(f *capture.Frame, key bool, bps int) (*encode.Chunk, error) {
	r.follow(f)
	if r.failed && f.Time < r.rest {
		return nil, nil
	}
	var errs []error
	for range r.encoders {
		c, err := r.try(f, key, bps)
		if err == nil {
			r.failed = false
			if errs != nil {
				r.o.Log.Warn("encoder replaced", "codec", r.codec.Name, "backend", r.encoders[r.at].Name, "err", errors.Join(errs...))
			}
			return c, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", r.encoders[r.at].Name, err))
		r.close()
		r.at = (r.at + 1) % len(r.encoders)
	}
	r.failed, r.rest = true, f.Time+encoderRetry
	if errs == nil {
		errs = append(errs, errors.ErrUnsupported)
	}
	return nil, errors.Join(errs...)
}

func (r *rendition) try(f *capture.Frame, key bool, bps int) (*encode.Chunk, error) {
	if err := r.prepare(f, bps); err != nil {
		return nil, err
	}
	c := &encode.Chunk{Data: make([]byte, 0, r.hint)}
	if err := r.enc.Encode(c, f, key); err != nil {
		return nil, err
	}
	// Most frames are much alike in size, so an eighth on top of the last
	// ones makes growing the memory rare and wastes little.
	r.hint = max(r.hint-r.hint/16, len(c.Data)+len(c.Data)/8)
	return c, nil
}

// prepare opens the encoder for f's size and sets its bit rate.
func (r *rendition) prepare(f *capture.Frame, bps int) error {
	if r.enc != nil && (r.width != f.Width || r.height != f.Height) {
		r.close()
	}
	if r.enc == nil {
		p := encode.Params{Width: f.Width, Height: f.Height, FPS: r.o.FPS, Bitrate: bps}
		enc, err := r.strays.open(r.encoders[r.at], p)
		if err != nil {
			return err
		}
		r.enc, r.width, r.height, r.bitrate = enc, f.Width, f.Height, bps
		r.o.Log.Info("encoding", "codec", r.codec.Name, "backend", r.encoders[r.at].Name,
			"width", f.Width, "height", f.Height, "bps", bps)
	}
	// A change of less than a twentieth is not worth a reconfiguration.
	if diff := bps - r.bitrate; diff > r.bitrate/20 || -diff > r.bitrate/20 {
		if err := r.enc.SetBitrate(bps); err != nil {
			return err
		}
		r.bitrate = bps
	}
	return nil
}

func (r *rendition) close() {
	if r.enc != nil {
		r.enc.Close()
		r.enc = nil
	}
}
