package vpx_test

import (
	"testing"

	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/vpx"
)

func TestBackend(t *testing.T) {
	encodetest.Run(t, vpx.Backend, encodetest.Options{Decoder: vpx.Backend})
}

func Benchmark(b *testing.B) { encodetest.Bench(b, vpx.Backend) }

func TestVP9(t *testing.T) {
	encodetest.Run(t, vpx.VP9, encodetest.Options{Decoder: vpx.VP9})
}

func BenchmarkVP9(b *testing.B) { encodetest.Bench(b, vpx.VP9) }

func TestWhatStandsStillBecomesExactInVP9(t *testing.T) {
	encodetest.Refines(t, vpx.VP9, encodetest.Options{Decoder: vpx.VP9})
}

func TestAnySizeIsRightInVP9(t *testing.T) {
	encodetest.Extremes(t, vpx.VP9, encodetest.Options{Decoder: vpx.VP9})
}
