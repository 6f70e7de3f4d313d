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
