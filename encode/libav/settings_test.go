package libav

import (
	"os"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/internal/ffmpeg"
)

// Without its device no encoder opens, but before that it takes its settings,
// or says which of them it does not. So each table holds for the libavcodec of
// this machine, with or without a device.
func TestEncodersTakeTheirSettings(t *testing.T) {
	l, err := ffmpeg.Load()
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := 0
	for _, s := range append(specs(), software()) {
		s.device = "" // which is opened first
		for _, more := range [][]ffmpeg.Setting{nil, s.otherwise} {
			s.settings, s.otherwise = append(s.settings, more...), nil
			e, err := newEncoder(s, encode.Params{Width: 640, Height: 360}, ffmpeg.Load)
			if err == nil {
				e.Close()
			}
			switch {
			case err != nil && strings.Contains(err.Error(), "option"):
				t.Errorf("%s: %v", s.name, err)
			case err != nil && strings.Contains(err.Error(), "without the encoder"):
				t.Logf("%s: %v", s.name, err)
			default:
				taken++
			}
		}
	}
	if taken == 0 {
		t.Error("this libavcodec has none of the encoders")
	}
}

func TestEncoderThatOpensOtherwiseAlone(t *testing.T) {
	s := spec{encoder: "needs-preset", otherwise: []ffmpeg.Setting{set("preset", "1")}}
	if got := roundTrip(t, s, fake(t, "MAJOR=59"), 64, 48, 3); got != "Kpp" {
		t.Errorf("%s, want Kpp", got)
	}
	s.otherwise = nil
	if _, err := newEncoder(s, encode.Params{Width: 64, Height: 48}, load(fake(t, "MAJOR=59"))); err == nil {
		t.Error("it opens without")
	}
}
