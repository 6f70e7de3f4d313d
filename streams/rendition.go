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
// fails, hangs or lies, see guard. In 4:4:4 another encoder, of 4:2:0, takes
// over while all of the picture moves: its decoders read both, and a key frame
// lies between.
type rendition struct {
	codec    encode.Codec
	strays   *strays
	o        VideoOptions
	encoders []encode.Backend // those of codec, then those for motion alone
	still    int              // how many of encoders are not for motion alone

	moving  bool // as the last job said
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
	if o.SharpMotion {
		return r
	}
	for _, b := range o.Encoders {
		if codec.Name == encode.H264High444.Name && b.Codec.Name == encode.H264.Name && b.NewEncoder != nil {
			r.encoders = append(r.encoders, b)
		}
	}
	return r
}

// follow takes the encoder that suits what the picture shows. When that one
// does not open, the one at hand goes on.
func (r *rendition) follow(j job) {
	if j.moving == r.moving || r.still == len(r.encoders) || r.still == 0 {
		return
	}
	r.moving = j.moving
	at := 0
	if r.moving {
		at = r.still
	}
	if err := r.open(at, j.frame, j.bps); err != nil {
		r.o.Log.Warn("encoder kept", "codec", r.codec.Name, "wanted", r.encoders[at].Name, "err", err)
	}
}

// encode does j. The chunk is nil while every encoder fails; the error says so
// once for each round of attempts.
func (r *rendition) encode(j job) (*encode.Chunk, error) {
	f := j.frame
	r.follow(j)
	if r.failed && f.Time < r.rest {
		return nil, nil
	}
	var errs []error
	for range r.encoders {
		c, err := r.try(f, j.key, j.bps)
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
		if err := r.open(r.at, f, bps); err != nil {
			return err
		}
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

// open puts the encoder with that index in the place of the one in use.
func (r *rendition) open(at int, f *capture.Frame, bps int) error {
	p := encode.Params{Width: f.Width, Height: f.Height, FPS: r.o.FPS, Bitrate: bps}
	enc, err := r.strays.open(r.encoders[at], p)
	if err != nil {
		return err
	}
	r.close()
	r.at, r.enc, r.width, r.height, r.bitrate = at, enc, f.Width, f.Height, bps
	r.o.Log.Info("encoding", "codec", r.codec.Name, "backend", r.encoders[at].Name,
		"width", f.Width, "height", f.Height, "bps", bps)
	return nil
}

func (r *rendition) close() {
	if r.enc != nil {
		r.enc.Close()
		r.enc = nil
	}
}
