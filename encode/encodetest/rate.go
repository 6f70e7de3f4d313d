package encodetest

import (
	"testing"

	"github.com/causeway-rtc/causeway/encode"
)

// window is what the rate is bounded over: two seconds, in frames.
const window = 2 * FPS

// rate is the bits a second of frames of these sizes in bytes.
func rate(sizes []int) float64 {
	sum := 0
	for _, n := range sizes {
		sum += n
	}
	return float64(sum) * 8 * FPS / float64(len(sizes))
}

// encodeSizes encodes the frames from first to before last and returns the
// sizes of the chunks in bytes.
func (s suite) encodeSizes(t *testing.T, e encode.Encoder, content Content, first, last int) []int {
	t.Helper()
	var c encode.Chunk
	var sizes []int
	for i := first; i < last; i++ {
		mustEncode(t, e, &c, content(i), false)
		if c.Key && i > 0 && !s.o.OwnKeys {
			t.Errorf("frame %d is a key frame that nobody asked for", i)
		}
		sizes = append(sizes, len(c.Data))
	}
	return sizes
}

func (s suite) rate(t *testing.T) {
	for name, content := range map[string]Content{"noise": noise(), "text": text()} {
		sizes := s.encodeSizes(t, s.standard(t), content, 0, window+FPS)
		worst := 0.0
		for i := range len(sizes) - window + 1 {
			worst = max(worst, rate(sizes[i:i+window]))
		}
		t.Logf("%s: %.0f kbit/s on the whole, %.0f over the worst two seconds, first frame %d bytes, %d frames dropped",
			name, rate(sizes)/1000, worst/1000, sizes[0], dropped(sizes))
		if most := bitrate * (1 + s.o.Overshoot); worst > most {
			t.Errorf("%s: %.0f bit/s over two seconds, want at most %.0f", name, worst, most)
		}
	}
}

func (s suite) setBitrate(t *testing.T) {
	e, content := s.standard(t), noise()
	const low = bitrate / 3
	at := 0
	for _, target := range []int{bitrate, low, bitrate} {
		if err := e.SetBitrate(target); err != nil {
			t.Fatalf("set bitrate %d: %v", target, err)
		}
		// One second to settle, one to measure.
		sizes := s.encodeSizes(t, e, content, at, at+2*FPS)
		at += 2 * FPS
		got := rate(sizes[FPS:])
		// The floor is above what the lower target allows.
		if got > float64(target)*1.15 || got < float64(target)*0.4 {
			t.Errorf("asked for %d bit/s, got %.0f", target, got)
		}
	}
}

// dropped counts the frames that the encoder left out.
func dropped(sizes []int) int {
	n := 0
	for _, size := range sizes {
		if size == 0 {
			n++
		}
	}
	return n
}
