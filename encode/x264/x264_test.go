package x264_test

import (
	"testing"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/avcodec"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/x264"
)

func TestBackend(t *testing.T) {
	encodetest.Run(t, x264.Backend, encodetest.Options{Decoder: avcodec.Backend})
}

func TestHigh444(t *testing.T) {
	encodetest.Run(t, x264.High444, encodetest.Options{Decoder: avcodec.High444})
}

func TestAnySizeIsRight(t *testing.T) {
	encodetest.Extremes(t, x264.Backend, encodetest.Options{Decoder: avcodec.Backend})
	encodetest.Extremes(t, x264.High444, encodetest.Options{Decoder: avcodec.High444})
}

func TestWhatStandsStillBecomesExact(t *testing.T) {
	encodetest.Refines(t, x264.Backend, encodetest.Options{Decoder: avcodec.Backend})
	encodetest.Refines(t, x264.High444, encodetest.Options{Decoder: avcodec.High444})
}

func Benchmark(b *testing.B) { encodetest.Bench(b, x264.Backend) }

func BenchmarkHigh444(b *testing.B) { encodetest.Bench(b, x264.High444) }

func TestStreamKeepsThePromiseOfTheSDP(t *testing.T) {
	encodetest.Need(t, x264.Backend)
	e, err := x264.Backend.NewEncoder(encode.Params{Width: 320, Height: 180})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var c encode.Chunk
	for i := range 3 {
		if err := e.Encode(&c, encodetest.Camera(320, 180)(i), i == 2); err != nil {
			t.Fatal(err)
		}
		sets := 0
		for nal := range encode.NALUnits(c.Data) {
			if encode.NALType(nal) != encode.NALSPS {
				continue
			}
			sets++
			// ITU-T H.264 §7.3.2.1.1: profile_idc, then the constraint flags;
			// 66 with constraint_set1 is Constrained Baseline (§A.2.1.1).
			if nal[1] != 66 || nal[2]&0x40 == 0 {
				t.Errorf("profile %d, constraints %08b", nal[1], nal[2])
			}
		}
		if want := 1 - i%2; sets != want {
			t.Errorf("frame %d has %d sequence parameter sets", i, sets)
		}
	}
}
