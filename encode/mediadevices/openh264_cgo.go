//go:build cgo

package mediadevices

import (
	"runtime"

	"github.com/pion/mediadevices/pkg/codec"
	"github.com/pion/mediadevices/pkg/codec/openh264"

	"github.com/causeway-rtc/causeway/encode"
)

// probeOpenH264 finds nothing that could be missing: the library is linked in.
func probeOpenH264() error { return nil }

func openOpenH264(p encode.Params) (encode.Encoder, error) {
	threads := p.Threads
	if threads == 0 {
		threads = min(2, runtime.GOMAXPROCS(0))
	}
	// OpenH264 refuses to cut a small picture into slices.
	if p.Width*p.Height < 640*360 {
		threads = 1
	}
	return adapt("openh264", &openh264.Params{
		BaseParams: codec.BaseParams{BitRate: p.Bitrate},
		// The mode for screens holds the quantiser between 26 and 35, which no
		// full motion at a fixed rate fits into.
		UsageType: openh264.CameraVideoRealTime,
		RCMode:    openh264.RCBitrateMode,
		// A skipped frame is an empty chunk.
		EnableFrameSkip:   true,
		IntraPeriod:       0,
		MultipleThreadIdc: threads,
		SliceMode:         openh264.SMFixedslcnumSlice,
		SliceNum:          uint(threads),
	}, p, encode.H264.Matrix, encode.IsKeyH264)
}
