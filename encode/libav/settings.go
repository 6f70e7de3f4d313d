package libav

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/internal/ffmpeg"
)

// spec is what there is to know of one encoder.
type spec struct {
	name    string // what a person types
	encoder string // FFmpeg's name
	device  string // what it takes pictures from, when not main memory
	// system is the only GOOS that has it, when it is of one.
	system string
	// files are patterns of which one matches on a Linux that has the device.
	// Where none does there is no need to load a driver.
	files []string
	// adapts is the first release of libavcodec whose encoder follows a bit
	// rate that changes, or 0.
	adapts int
	// byName is true for an encoder that is taken by name alone.
	byName bool
	// settings are the encoder's own, and otherwise those to add when it does
	// not open with them alone.
	settings, otherwise []ffmpeg.Setting
}

var (
	render = []string{"/dev/dri/renderD*"}
	nvidia = []string{"/dev/nvidia[0-9]*", "/dev/dxg"}
	video  = []string{"/dev/video*"}
)

// specs are the hardware encoders in order of preference. Their options are those of
// FFmpeg 5.1 where not marked optional.
func specs() []spec {
	return []spec{
		{
			name: "nvenc", encoder: "h264_nvenc", files: nvidia, adapts: 59,
			settings: []ffmpeg.Setting{
				set("preset", "p3"), set("tune", "ull"), set("profile", "baseline"),
				set("rc", "cbr"), set("zerolatency", "1"), set("delay", "0"),
				set("rc-lookahead", "0"), set("b_adapt", "0"), set("no-scenecut", "1"),
				set("forced-idr", "1"),
			},
		},
		{
			name: "qsv", encoder: "h264_qsv", files: render, adapts: 60,
			settings: []ffmpeg.Setting{
				set("preset", "veryfast"), set("profile", "baseline"),
				set("async_depth", "1"), set("look_ahead", "0"), set("forced_idr", "1"),
				may("low_delay_brc", "1"), may("scenario", "remotegaming"),
			},
		},
		{
			// It makes each picture of the type I an IDR by itself.
			name: "vaapi", encoder: "h264_vaapi", device: "vaapi", system: "linux", files: render,
			settings: []ffmpeg.Setting{
				set("profile", "constrained_baseline"), set("rc_mode", "CBR"),
				set("sei", "0"), may("async_depth", "1"),
			},
			// Newer chips of Intel have no other way to encode.
			otherwise: []ffmpeg.Setting{set("low_power", "1")},
		},
		{
			name: "amf", encoder: "h264_amf", files: render,
			settings: []ffmpeg.Setting{
				set("usage", "ultralowlatency"), set("quality", "speed"), set("profile", "constrained_baseline"),
				set("rc", "cbr"), set("frame_skipping", "0"), set("filler_data", "0"),
				may("forced_idr", "1"), may("async_depth", "1"),
			},
		},
		{
			name: "videotoolbox", encoder: "h264_videotoolbox", system: "darwin",
			settings: []ffmpeg.Setting{
				set("realtime", "1"), set("profile", "baseline"), set("allow_sw", "0"),
				may("prio_speed", "1"), may("max_ref_frames", "1"),
			},
		},
		{
			name: "mediafoundation", encoder: "h264_mf", system: "windows",
			settings: []ffmpeg.Setting{
				set("hw_encoding", "1"), set("scenario", "display_remoting"), set("rate_control", "cbr"),
			},
		},
		{
			name: "v4l2m2m", encoder: "h264_v4l2m2m", system: "linux", files: video,
			settings: []ffmpeg.Setting{
				set("profile", "578"), // Constrained Baseline, which has no name there
				// Those of its output are our pictures; FFmpeg 5 allows no fewer.
				set("num_output_buffers", "6"), set("num_capture_buffers", "4"),
			},
		},
	}
}

// software is libx264, on the path of the others.
func software() spec {
	return spec{
		name: "libx264", encoder: "libx264", adapts: 59, byName: true,
		settings: []ffmpeg.Setting{
			set("preset", "ultrafast"), set("tune", "zerolatency"), set("profile", "baseline"),
			set("forced-idr", "1"), set("sc_threshold", "0"),
		},
	}
}

func set(name, value string) ffmpeg.Setting { return ffmpeg.Setting{Name: name, Value: value} }

// may is a setting that some releases do not know, and do without.
func may(name, value string) ffmpeg.Setting {
	return ffmpeg.Setting{Name: name, Value: value, Optional: true}
}

// absent says why there is no point in loading a driver.
func (s spec) absent() error {
	if s.system != "" && s.system != runtime.GOOS {
		return fmt.Errorf("is of %s: %w", s.system, errors.ErrUnsupported)
	}
	if runtime.GOOS != "linux" || s.files == nil {
		return ffmpeg.Missing()
	}
	for _, pattern := range s.files {
		if found, _ := filepath.Glob(pattern); found != nil {
			return ffmpeg.Missing()
		}
	}
	return fmt.Errorf("no device: nothing is at %s: %w", strings.Join(s.files, " or "), errors.ErrUnsupported)
}

// keysApart is the most frames between key frames that nobody asked for: QSV
// counts them in 16 bits.
const keysApart = 1<<16 - 1

// common are the settings of all encoders, for pictures in BT.709 and limited
// range.
func common(p encode.Params) []ffmpeg.Setting {
	return append([]ffmpeg.Setting{
		// A time base of one frame is what rates are shared out by; see
		// encode.Params.FPS.
		set("time_base", "1/"+strconv.Itoa(p.FPS)),
		set("g", strconv.Itoa(keysApart)), set("bf", "0"),
		set("threads", strconv.Itoa(cmp.Or(p.Threads, min(2, runtime.GOMAXPROCS(0))))), // of software
		set("color_primaries", "bt709"), set("color_trc", "bt709"), set("colorspace", "bt709"), set("color_range", "tv"),
	}, rate(p)...)
}

// bufferFrames is the size of the rate buffer in frames.
const bufferFrames = 1

// rate are the settings that change with the bit rate.
func rate(p encode.Params) []ffmpeg.Setting {
	bps := strconv.Itoa(p.Bitrate)
	return []ffmpeg.Setting{
		set("b", bps), set("maxrate", bps), set("bufsize", strconv.Itoa(p.Bitrate/p.FPS*bufferFrames)),
	}
}
