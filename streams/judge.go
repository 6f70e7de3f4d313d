package streams

import (
	"errors"
	"fmt"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

const (
	// An encoder that drops frames although it kept to its rate may do so for
	// muteFrames and muteTime.
	muteFrames = 8
	muteTime   = 150 * time.Millisecond
	// thrifty is how many bits beyond the rate, as a time, are reason enough
	// to drop a frame.
	thrifty = 20 * time.Millisecond
	// refusals is how many frames may be something else than the key frame
	// that was asked for.
	refusals = 3
	// An encoder may exceed its rate by mostOwed, as a time, and by spareBits,
	// so that no change of a low rate makes it a liar.
	mostOwed  = 4 * time.Second
	spareBits = 4_000_000
)

// judge tells from the chunks of an encoder whether it is one: whether each is
// what it claims to be, see [encode.Codec.Verify], there are key frames when
// they are asked for, pictures at all, and no more bits than were allowed.
type judge struct {
	codec encode.Codec
	bps   int

	begun    bool
	last     time.Duration // when the frame before was captured
	owed     float64       // bits beyond the rate
	muteFrom time.Duration // when the first of them was captured
	mute     int           // frames that were dropped without need, in a row
	refused  int           // key frames that were not made, in a row
}

// check says what is wrong with c, which was made of f.
func (j *judge) check(c *encode.Chunk, f *capture.Frame, key bool) error {
	if dw, dh := c.Width-f.Width, c.Height-f.Height; dw < 0 || dw > 1 || dh < 0 || dh > 1 {
		return fmt.Errorf("a chunk of %d×%d from a frame of %d×%d", c.Width, c.Height, f.Width, f.Height)
	}
	if err := j.codec.Verify(c); err != nil {
		return err
	}
	if j.begun {
		j.owed = max(0, j.owed-float64(j.bps)*(f.Time-j.last).Seconds())
	}
	j.last = f.Time
	if len(c.Data) == 0 {
		return j.dropped(f)
	}
	return j.coded(c, key)
}

func (j *judge) dropped(f *capture.Frame) error {
	if j.owed > float64(j.bps)*thrifty.Seconds() {
		j.mute = 0
		return nil
	}
	if j.mute++; j.mute == 1 {
		j.muteFrom = f.Time
	}
	if j.mute >= muteFrames && f.Time-j.muteFrom >= muteTime {
		return fmt.Errorf("%d frames dropped without need", j.mute)
	}
	return nil
}

func (j *judge) coded(c *encode.Chunk, key bool) error {
	j.mute = 0
	if !j.begun && !c.Key {
		return errors.New("it begins without a key frame")
	}
	j.begun = true
	if j.refused++; c.Key || !key {
		j.refused = 0
	}
	if j.refused >= refusals {
		return fmt.Errorf("no key frame, although asked for one %d times", j.refused)
	}
	j.owed += float64(8 * len(c.Data))
	if j.owed > float64(j.bps)*mostOwed.Seconds()+spareBits {
		return fmt.Errorf("%.0f Mbit more than %.1f Mbit/s allow", j.owed/1e6, float64(j.bps)/1e6)
	}
	return nil
}
