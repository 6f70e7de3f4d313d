package encode_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/encode/encodetest"
)

// made is what an encoder made of a few pictures: four chunks, the third a key
// frame that was asked for.
type made struct {
	encode.Backend
	chunks []encode.Chunk
}

// makeAll has each encoder that serves here encode pictures of three sizes.
var makeAll = sync.OnceValues(func() (all []made, err error) {
	for _, size := range [][2]int{{320, 180}, {401, 259}, {34, 18}} {
		content := encodetest.Camera(size[0], size[1])
		for _, b := range codecs.All {
			if b.NewEncoder == nil || b.Probe() != nil {
				continue
			}
			e, err := b.NewEncoder(encode.Params{Width: size[0], Height: size[1]})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", b.Name, err)
			}
			defer e.Close()
			m := made{b, make([]encode.Chunk, 4)}
			for i := range m.chunks {
				if err := e.Encode(&m.chunks[i], content(i), i == 2); err != nil {
					return nil, fmt.Errorf("%s: %w", b.Name, err)
				}
			}
			all = append(all, m)
		}
	}
	return all, nil
})

// encoded calls each with what [makeAll] made, which it must not change.
func encoded(t testing.TB, each func(b encode.Backend, chunks []encode.Chunk)) {
	t.Helper()
	all, err := makeAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		each(m.Backend, m.chunks)
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
