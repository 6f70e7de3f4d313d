package x264_test

import (
	"testing"

	"github.com/causeway-rtc/causeway/encode/avcodec"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/x264"
)

func TestBackend(t *testing.T) {
	encodetest.Run(t, x264.Backend, encodetest.Options{Decoder: avcodec.Backend})
}

func Benchmark(b *testing.B) { encodetest.Bench(b, x264.Backend) }
