package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/causeway-rtc/causeway/encode"
)

// preference is what one word of --prefer means. Where two of delay, sharpness,
// bit rate and processor time cannot be had together, it says which gives way.
type preference struct {
	name, help string
	codecs     []encode.Codec // to offer, best first
	dear       bool           // also those that are too dear for few processors
	sharp      bool           // 4:4:4 stays 4:4:4 when all of the picture moves
	settle     time.Duration  // before what stands still is sent again, sharper
	fps        int
	bitrate    int
}

// preferences lists them, the default first.
//
// H.264 leads where time counts. In 4:4:4 it is sharpest and takes the fewest
// bits of all where text scrolls, and in 4:2:0 it is quicker to encode and
// graphics cards decode it. What is sent again to sharpen it is in the way of
// what comes next, and takes bits and time.
func preferences() []preference {
	full, half := encode.H264High444, encode.H264
	return []preference{
		{
			name: "balance", help: "4:4:4 for text and 4:2:0 for motion; sharpens at once",
			codecs: []encode.Codec{full, half, encode.AV1High, encode.AV1, encode.VP9, encode.VP8},
			fps:    60, bitrate: 8_000_000,
		},
		{
			name: "latency", help: "4:2:0 alone; sharpens what stood still for half a second",
			codecs: []encode.Codec{half, encode.VP8},
			settle: 500 * time.Millisecond, fps: 60, bitrate: 8_000_000,
		},
		{
			name: "sharpness", help: "4:4:4 whatever moves, up to 24 Mbit/s",
			codecs: []encode.Codec{full, encode.AV1High, half, encode.AV1, encode.VP9, encode.VP8},
			dear:   true, sharp: true, fps: 60, bitrate: 24_000_000,
		},
		{
			name: "bandwidth", help: "AV1, VP9 or 4:4:4, at 30 fps and up to 3 Mbit/s",
			codecs: []encode.Codec{encode.AV1, encode.VP9, full, half, encode.VP8},
			dear:   true, fps: 30, bitrate: 3_000_000,
		},
		{
			name: "cpu", help: "4:2:0 alone, at 30 fps and up to 4 Mbit/s; sharpens\nwhat stood still for a second",
			codecs: []encode.Codec{half, encode.VP8},
			settle: time.Second, fps: 30, bitrate: 4_000_000,
		},
	}
}

// preference is what was asked for.
func (c *config) preference() preference {
	for _, p := range preferences() {
		if p.name == c.prefer {
			return p
		}
	}
	return preferences()[0]
}

// follow fills in what was not said more exactly.
func (c *config) follow(p preference) {
	c.fps = cmp.Or(c.fps, p.fps)
	c.bitrate = cmp.Or(c.bitrate, p.bitrate)
}

func preferNames() []string {
	var names []string
	for _, p := range preferences() {
		names = append(names, p.name)
	}
	return names
}

// preferHelp is the help of --prefer, a line or two for each word.
func preferHelp() string {
	var b strings.Builder
	fmt.Fprintf(&b, "what comes first where not all can be had (%s); --codec,\n--encoder, --fps and --bitrate go before it", preferences()[0].name)
	for _, p := range preferences() {
		fmt.Fprintf(&b, "\n  %-10s %s", p.name, strings.ReplaceAll(p.help, "\n", "\n"+strings.Repeat(" ", 13)))
	}
	return b.String()
}
