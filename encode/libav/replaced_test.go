package libav

import (
	"sync/atomic"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/pattern"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/avcodec"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/internal/ffmpeg"
	"github.com/causeway-rtc/causeway/streams"
)

// What package streams tests with encoders in Go holds for calls into C that
// never return, too: the viewer decodes every chunk that it is sent, and gets
// the picture of the software encoder.
func TestViewerKeepsItsPictureWhenADriverFails(t *testing.T) {
	encodetest.Need(t, X264)
	encodetest.Need(t, avcodec.Backend)
	path := fake(t, "MAJOR=59")
	for _, encoder := range []string{"hang-open", "error-open", "hang-9", "error-9", "garbage-9", "empty-9", "deaf"} {
		t.Run(encoder, func(t *testing.T) {
			t.Parallel()
			driver := func(p encode.Params) (encode.Encoder, error) {
				return newEncoder(spec{encoder: encoder}, p, load(path))
			}
			var replaced atomic.Bool
			stand := func(p encode.Params) (encode.Encoder, error) {
				replaced.Store(true)
				return newEncoder(software(), p, ffmpeg.Load)
			}
			track := streams.NewTrack("desktop", streams.NewVideo(streams.VideoOptions{
				Backends: []capture.Backend{pattern.Backend}, Backend: pattern.Backend.Name,
				Capture: capture.Options{Width: 320, Height: 192, FPS: 30}, FPS: 30,
				Codecs: []encode.Codec{encode.H264},
				Encoders: []encode.Backend{
					{Name: "driver", Codec: encode.H264, NewEncoder: driver},
					{Name: "software", Codec: encode.H264, NewEncoder: stand},
				},
			}))
			defer track.Close()
			watch(t, track, &replaced)
		})
	}
}

// watch decodes what a viewer of track is sent, until twenty pictures came of
// the encoder that replaced the first.
func watch(t *testing.T, track *streams.Track, replaced *atomic.Bool) {
	k, err := track.Attach(encode.H264, "viewer")
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	d, err := avcodec.Backend.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i, after := 0, 0; after < 20; i++ {
		c, err := k.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f, err := d.Decode(c); err != nil || f == nil || f.Width != c.Width {
			t.Fatalf("chunk %d decodes to %v, %v", i, f, err)
		}
		if i == 0 && !c.Key {
			t.Error("the first chunk is no key frame")
		}
		switch {
		case replaced.Load():
			after++
		case i%5 == 4:
			k.RequestKeyframe()
		}
	}
}
