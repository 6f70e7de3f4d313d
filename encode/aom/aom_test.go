package aom_test

import (
	"testing"

	"github.com/causeway-rtc/causeway/encode/aom"
	"github.com/causeway-rtc/causeway/encode/encodetest"
)

func TestBackend(t *testing.T) {
	encodetest.Run(t, aom.Backend, encodetest.Options{Decoder: aom.Backend})
}

func TestHigh(t *testing.T) {
	encodetest.Run(t, aom.High, encodetest.Options{Decoder: aom.High})
}

func TestWhatStandsStillBecomesExact(t *testing.T) {
	encodetest.Refines(t, aom.Backend, encodetest.Options{Decoder: aom.Backend})
	encodetest.Refines(t, aom.High, encodetest.Options{Decoder: aom.High})
}

func Benchmark(b *testing.B) { encodetest.Bench(b, aom.Backend) }

func TestAnySizeIsRight(t *testing.T) {
	encodetest.Extremes(t, aom.Backend, encodetest.Options{Decoder: aom.Backend})
	encodetest.Extremes(t, aom.High, encodetest.Options{Decoder: aom.High})
}
