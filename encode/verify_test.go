package encode_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/encode/encodetest"
)

// encoded are the first chunks of each encoder that serves here.
func encoded(t testing.TB, each func(b encode.Backend, chunks []encode.Chunk)) {
	for _, b := range codecs.All {
		if b.NewEncoder == nil || b.Probe() != nil {
			continue
		}
		for _, size := range [][2]int{{320, 180}, {401, 259}, {34, 18}} {
			e, err := b.NewEncoder(encode.Params{Width: size[0], Height: size[1]})
			if err != nil {
				t.Fatalf("%s: %v", b.Name, err)
			}
			chunks := make([]encode.Chunk, 4)
			for i := range chunks {
				if err := e.Encode(&chunks[i], encodetest.Camera(size[0], size[1])(i), i == 2); err != nil {
					t.Fatalf("%s: %v", b.Name, err)
				}
			}
			e.Close()
			each(b, chunks)
		}
	}
}

func TestWhatEncodersMakeIsRight(t *testing.T) {
	encoded(t, func(b encode.Backend, chunks []encode.Chunk) {
		for i, c := range chunks {
			if err := b.Codec.Verify(&c); err != nil {
				t.Errorf("%s: chunk %d of %d×%d: %v", b.Name, i, c.Width, c.Height, err)
			}
		}
	})
}

func TestWhatIsWrongWithAChunkIsSaid(t *testing.T) {
	encoded(t, func(b encode.Backend, chunks []encode.Chunk) {
		key, between := chunks[0], chunks[1]
		if len(between.Data) == 0 {
			t.Fatalf("%s dropped a frame", b.Name)
		}
		for _, c := range []struct {
			name   string
			change func(c *encode.Chunk)
			want   string
		}{
			{"a frame as a key frame", func(c *encode.Chunk) { c.Data = between.Data }, "that is none"},
			{"a key frame as a frame", func(c *encode.Chunk) { c.Key = false }, "said to be none"},
			{"another size", func(c *encode.Chunk) { c.Height += 2 }, "said to be"},
			{"no bytes", func(c *encode.Chunk) { c.Data = nil }, "without a byte"},
			{"too many bytes", func(c *encode.Chunk) { c.Data = append(slices.Clone(c.Data), make([]byte, 16<<20)...) }, "uncompressed"},
			{"ones", func(c *encode.Chunk) { c.Data = []byte(strings.Repeat("\xff", 100)) }, ""},
			{"zeros", func(c *encode.Chunk) { c.Data = make([]byte, 100) }, ""},
			{"text", func(c *encode.Chunk) { c.Data = []byte("segmentation fault") }, ""},
		} {
			broken := key
			c.change(&broken)
			if err := b.Codec.Verify(&broken); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %s: %v", b.Name, c.name, err)
			}
		}
		if n := testing.AllocsPerRun(10, func() { _ = b.Codec.Verify(&key) }); n > 0 {
			t.Errorf("%s: %v allocations", b.Name, n)
		}
	})
}

// FuzzVerify holds that no chunk stops Verify, and that a key frame without its
// beginning is refused.
func FuzzVerify(f *testing.F) {
	encoded(f, func(b encode.Backend, chunks []encode.Chunk) {
		for _, c := range chunks[:2] {
			f.Add(c.Data[:min(len(c.Data), 200)], c.Key, c.Width, c.Height)
		}
	})
	f.Fuzz(func(t *testing.T, data []byte, key bool, width, height int) {
		c := encode.Chunk{Data: data, Key: key, Width: width, Height: height}
		for _, codec := range []encode.Codec{encode.H264, encode.H264High444, encode.VP8, encode.VP9, encode.AV1} {
			if codec.Verify(&c) == nil && key && len(data) < 4 {
				t.Errorf("%s: %x is a key frame", codec.Name, data)
			}
		}
	})
}
