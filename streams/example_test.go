package streams_test

import (
	"fmt"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/encode/opus"
	"github.com/causeway-rtc/causeway/streams"
)

// A program without a display streams what it draws and plays.
func ExampleVideoFeed() {
	pictures, sounds := streams.NewVideoFeed(), streams.NewAudioFeed()
	video := streams.NewVideo(streams.VideoOptions{
		Backends: []capture.Backend{pictures.Backend()},
		Codecs:   []encode.Codec{encode.H264, encode.VP8},
		Encoders: codecs.All,
	})
	audio := streams.NewAudio(streams.AudioOptions{
		Backends: []capture.AudioBackend{sounds.Backend()},
		Encoders: []encode.Backend{opus.Backend},
	})
	stream, err := streams.New(streams.Options{
		Name: "game", Type: streams.Frames,
		Tracks: []*streams.Track{streams.NewTrack("picture", video), streams.NewTrack("sound", audio)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Close()
	// For each picture that the program draws, and whenever it has sound:
	rgba, samples := make([]byte, 4*320*240), make([]float32, 735)
	fmt.Println(pictures.SubmitVideo(streams.Picture{
		Width: 320, Height: 240, Format: capture.RGBA, Plane: [3][]byte{rgba},
	}))
	fmt.Println(sounds.SubmitAudio(streams.Sound{F32: samples, Rate: 44100, Channels: 1}))
	// Output:
	// <nil>
	// <nil>
}
