package libav

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/internal/ffmpeg"
)

// A trial encodes so many pictures of that size. One of them shall be a key
// frame that was asked for, and at another the bit rate changes.
const (
	trialWidth   = 1280
	trialHeight  = 720
	trialFrames  = 16
	trialKey     = 6
	trialBitrate = 10
)

// mostError is how far the luma of a picture may be off once it was decoded,
// on average over its pixels. What coarse quantisers do to a trial's pictures
// is far less, and a picture in green or grey far more.
const mostError = 12

// trial puts an encoder to the test and returns how long a picture takes it,
// as the median over those that are no key frames.
func trial(s spec, load loader) (time.Duration, error) {
	enc, err := newEncoder(s, encode.Params{Width: trialWidth, Height: trialHeight}, load)
	if err != nil {
		return 0, err
	}
	defer enc.Close()
	dec, err := newJudge()
	if err != nil {
		return 0, err
	}
	defer dec.close()
	var c encode.Chunk
	var took []time.Duration
	keys := 0
	for i := range trialFrames {
		if i == trialBitrate {
			if err := enc.SetBitrate(4_000_000); err != nil {
				return 0, err
			}
		}
		f := trialFrame(i)
		began := time.Now()
		if err := enc.Encode(&c, f, i == trialKey); err != nil {
			return 0, err
		}
		if !c.Key {
			took = append(took, time.Since(began))
		} else if i > 0 {
			keys++
		}
		if err := dec.see(&c); err != nil {
			return 0, fmt.Errorf("picture %d: %w", i, err)
		}
	}
	if keys == 0 {
		return 0, errors.New("made no key frame when asked for one")
	}
	if dec.seen < trialFrames-mostLag {
		return 0, fmt.Errorf("of %d pictures %d came out", trialFrames, dec.seen)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// trialFrame is a bright square that moves over a slope.
func trialFrame(i int) *capture.Frame {
	f := encode.NewFrame(capture.NV12, trialWidth, trialHeight)
	f.Time = time.Duration(i) * time.Second / 60
	for y := range trialHeight {
		row := f.Plane[0][y*f.Stride[0]:][:trialWidth]
		for x := range row {
			row[x] = byte(30 + x/16 + y/16)
			if x/128 == i%8+1 && y/128 == 2 {
				row[x] = 220
			}
		}
	}
	for i := range f.Plane[1] {
		f.Plane[1][i] = 128
	}
	return f
}

// judge decodes chunks of trial frames.
type judge struct {
	decoder *ffmpeg.Decoder
	picture ffmpeg.Picture
	seen    int
}

func newJudge() (*judge, error) {
	d, err := ffmpeg.NewDecoder("h264")
	if err != nil {
		return nil, err
	}
	return &judge{decoder: d}, nil
}

// see says what is wrong with a chunk.
func (j *judge) see(c *encode.Chunk) error {
	if len(c.Data) == 0 {
		return nil
	}
	ok, err := j.decoder.Decode(c.Data, &j.picture)
	if err != nil {
		return fmt.Errorf("cannot be decoded: %w", err)
	}
	p := &j.picture
	if !ok || p.Width != trialWidth || p.Height != trialHeight {
		return fmt.Errorf("decodes to nothing, or to %d×%d", p.Width, p.Height)
	}
	j.seen++
	want := trialFrame(int((c.Time*60 + time.Second/2) / time.Second))
	sum, n := 0, 0
	for y := 0; y < p.Height; y += 4 {
		got, row := p.Data[0][y*p.Stride[0]:], want.Plane[0][y*want.Stride[0]:]
		for x := 0; x < p.Width; x += 4 {
			sum += max(int(got[x])-int(row[x]), int(row[x])-int(got[x]))
			n++
		}
	}
	if sum > n*mostError {
		return fmt.Errorf("decodes to another picture, %d levels off", sum/n)
	}
	return nil
}

func (j *judge) close() { j.decoder.Close() }
