package libav

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/avcodec"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/internal/ffmpeg"
)

// fakeChild is the argument with which this test program tries an encoder of
// the fake, whose path comes next.
const fakeChild = "-libav-fake"

// fake compiles testdata/fake.c and returns the path of the library.
func fake(t testing.TB, defines ...string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err == nil {
		err = ffmpeg.Missing()
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), "libfake.so")
	args := []string{"-shared", "-fPIC", "-O2", "-o", path, "testdata/fake.c"}
	for _, d := range defines {
		args = append(args, "-D"+d)
	}
	if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return path
}

// load loads the library at path, which is both.
func load(path string) loader {
	return func() (*ffmpeg.Library, error) {
		return ffmpeg.LoadFiles(ffmpeg.Files{AVUtil: path, AVCodec: path})
	}
}

// roundTrip encodes n pictures of w by h with an encoder of the fake at path, and
// decodes each. It returns which of the chunks were key frames, as K, others, as
// p, or empty, as dots, and fails when a key frame is not the picture exactly.
func roundTrip(t *testing.T, s spec, path string, w, h, n int, keys ...int) string {
	t.Helper()
	e, err := newEncoder(s, encode.Params{Width: w, Height: h}, load(path))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	encodetest.Need(t, avcodec.Backend)
	d, err := avcodec.Backend.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	content := encodetest.Noise(w, h)
	var c encode.Chunk
	var shape strings.Builder
	for i := range n {
		if err := e.Encode(&c, content(i), slices.Contains(keys, i)); err != nil {
			t.Fatalf("picture %d: %v", i, err)
		}
		switch {
		case len(c.Data) == 0:
			shape.WriteByte('.')
			continue
		case c.Key:
			shape.WriteByte('K')
		default:
			shape.WriteByte('p')
		}
		if err := encode.H264.Verify(&c); err != nil {
			t.Errorf("chunk %d: %v", i, err)
		}
		got, err := d.Decode(&c)
		if err != nil || got == nil {
			t.Fatalf("chunk %d decodes to %v, %v", i, got, err)
		}
		if c.Key {
			samePicture(t, got, content(int(math.Round(c.Time.Seconds()*encodetest.FPS))), i)
		}
	}
	return shape.String()
}

// samePicture compares luma.
func samePicture(t *testing.T, got, src *capture.Frame, i int) {
	t.Helper()
	want := encode.NewFrame(capture.NV12, src.Width, src.Height)
	if err := encode.Convert(want, src, encode.BT709); err != nil {
		t.Fatal(err)
	}
	for y := range src.Height {
		a, b := got.Plane[0][y*got.Stride[0]:][:src.Width], want.Plane[0][y*want.Stride[0]:][:src.Width]
		if string(a) != string(b) {
			t.Fatalf("chunk %d: row %d is not what went in", i, y)
		}
	}
}
