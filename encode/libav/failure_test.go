package libav

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/internal/ffmpeg"
)

// The fake declares the structs of each release field by field, so this checks
// the offsets that we go by: where one is wrong, the size, the request for a key
// frame or the surfaces of a device do not arrive.
func TestEveryReleaseIsEncodedWith(t *testing.T) {
	for _, release := range []string{"59", "60", "61", "62"} {
		path := fake(t, "MAJOR="+release)
		for _, device := range []string{"", "vaapi"} {
			t.Run(release+device, func(t *testing.T) {
				for _, size := range [][2]int{{64, 48}, {130, 71}} {
					got := roundTrip(t, spec{encoder: "ok", device: device}, path, size[0], size[1], 7, 3, 4)
					if want := "KppKKpp"; got != want {
						t.Errorf("%v: %s, want %s", size, got, want)
					}
				}
			})
		}
	}
}

func TestLibraryThatIsNotWhatItSaysIsRefused(t *testing.T) {
	for _, c := range []struct {
		why     string
		defines []string
	}{
		{"is none that we know", []string{"MAJOR=58"}},
		{"is none that we know", []string{"MAJOR=63"}},
		{"frames of another layout", []string{"MAJOR=62", "MOVED"}},
		{"contexts of another layout", []string{"MAJOR=61", "APART"}},
		{"no av_packet_free", []string{"MAJOR=61", "LACKS"}},
	} {
		l, err := load(fake(t, c.defines...))()
		if err == nil {
			l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%v: %v, want %q", c.defines, err, c.why)
		}
	}
	if _, err := ffmpeg.LoadFiles(ffmpeg.Files{AVUtil: "libnone.so", AVCodec: "libnone.so"}); err == nil {
		t.Error("loaded what is not there")
	}
}

// What an encoder can do wrong takes another process down at most, and its
// trial says what it was.
func TestTrialSaysWhatIsWrong(t *testing.T) {
	path := fake(t, "MAJOR=61")
	for encoder, want := range map[string]string{
		"missing":    "built without the encoder",
		"error-open": "avcodec_open2",
		"crash-open": "ended the process that tried it",
		"hang-open":  "2s", // the limit, whether it can be killed at once or not
		"crash-5":    "ended the process that tried it",
		"hang-5":     "2s",
		"error-5":    "avcodec_send_frame",
		"garbage-0":  "cannot be decoded",
		"empty-5":    "holds back",
		"late-4":     "holds back",
		"deaf":       "made no key frame",
	} {
		t.Run(encoder, func(t *testing.T) {
			t.Parallel()
			limit := 30 * time.Second
			if strings.HasPrefix(encoder, "hang") {
				limit = 2 * time.Second
			}
			r := try([]string{os.Args[0], fakeChild, path}, encoder, limit)
			if r.err == nil || !strings.Contains(r.err.Error(), want) {
				t.Errorf("%v, %v; want %q", r.took, r.err, want)
			}
		})
	}
	if r := try([]string{os.Args[0], fakeChild, path}, "ok", 30*time.Second); r.err != nil || r.took <= 0 {
		t.Errorf("of a sound one: %v, %v", r.took, r.err)
	}
	if r := try([]string{"/nonexistent"}, "ok", time.Second); r.err == nil {
		t.Error("ran what is not there")
	}
}

func TestAnswersThatMakeNoSenseAreRefused(t *testing.T) {
	for _, out := range []string{"", "ok", "ok soon", "ok -3ms", "yes 3ms"} {
		if r := answer(out, nil, false, time.Second); r.err == nil {
			t.Errorf("%q: took %v", out, r.took)
		}
	}
	for _, c := range []struct {
		took time.Duration
		slow bool
	}{{3 * time.Millisecond, false}, {30 * time.Millisecond, true}} {
		if r := answer("ok "+c.took.String()+"\n", nil, false, time.Second); r.err != nil || r.took != c.took || r.slow() != c.slow {
			t.Errorf("%v: %+v, slow %v", c.took, r, r.slow())
		}
	}
}

func TestPictureThatComesLateKeepsItsTime(t *testing.T) {
	got := roundTrip(t, spec{encoder: "late-2"}, fake(t, "MAJOR=59"), 64, 48, 8, 3)
	if want := "..KppKpp"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestKeyFramesGetTheirParameterSets(t *testing.T) {
	got := roundTrip(t, spec{encoder: "bare"}, fake(t, "MAJOR=59"), 64, 48, 4, 2)
	if want := "KpKp"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestEncoderThatCannotChangeItsRateIsOpenedAgain(t *testing.T) {
	e, err := newEncoder(spec{encoder: "ok"}, encode.Params{Width: 64, Height: 48}, load(fake(t, "MAJOR=59")))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	f := encode.NewFrame(capture.NV12, 64, 48)
	var c encode.Chunk
	var keys []int
	for i := range 4 * encodetest.FPS {
		f.Time = time.Duration(i) * time.Second / encodetest.FPS
		bps := 1_000_000 + i // too little to be worth it
		if i >= encodetest.FPS*3/2 {
			bps = 4_000_000 - 3_000_000*(i%2) // back and forth
		}
		if err := e.SetBitrate(bps); err != nil {
			t.Fatal(err)
		}
		if err := e.Encode(&c, f, false); err != nil {
			t.Fatal(err)
		}
		if c.Key {
			keys = append(keys, i)
		}
	}
	// The first rate is eight times that.
	if len(keys) < 3 || len(keys) > 5 || keys[0] != 0 || keys[1] != encodetest.FPS || keys[2] < 2*encodetest.FPS {
		t.Errorf("key frames were %v; want one after a second, and then one a second at most", keys)
	}
}
