package libav

import (
	"os"
	"testing"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/avcodec"
	"github.com/causeway-rtc/causeway/encode/encodetest"
)

// child is the argument with which this test program runs a trial.
const child = "-libav-trial"

// TestMain makes the test program what a trial runs in, as a command's main
// does.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 3 && os.Args[1] == child:
		os.Exit(ProbeMain(os.Args[2:], os.Stdout))
	case len(os.Args) == 4 && os.Args[1] == fakeChild:
		os.Exit(tell(os.Stdout, spec{encoder: os.Args[3]}, load(os.Args[2])))
	}
	Isolate(os.Args[0], child)
	os.Exit(m.Run())
}

// TestX264 is the proof of the path that all hardware takes, too. The buffer of
// one frame makes the first picture coarse.
func TestX264(t *testing.T) {
	encodetest.Run(t, X264, encodetest.Options{Decoder: avcodec.Backend})
}

// TestHardware runs where there is some. NVENC takes no picture that is smaller
// than 145 by 49.
func TestHardware(t *testing.T) {
	for _, b := range Hardware {
		t.Run(b.Name, func(t *testing.T) {
			if err := b.Probe(); err != nil {
				t.Logf("does not serve: %v", err)
				return
			}
			encodetest.Run(t, b, encodetest.Options{Decoder: avcodec.Backend, Least: 160})
		})
	}
}

func TestX264IsTakenByNameAlone(t *testing.T) {
	if found, err := encode.Find([]encode.Backend{X264}, encode.H264, "auto"); err == nil {
		t.Errorf("auto takes %s", found[0].Name)
	}
	encodetest.Need(t, X264)
	if found, err := encode.Find([]encode.Backend{X264}, encode.H264, "libx264"); err != nil || len(found) != 1 {
		t.Errorf("by name: %v, %v", found, err)
	}
}

func Benchmark(b *testing.B) { encodetest.Bench(b, X264) }
