package opus_test

import (
	"testing"

	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/opus"
)

func TestBackend(t *testing.T) {
	encodetest.Run(t, opus.Backend, encodetest.Options{})
}

func Benchmark(b *testing.B) { encodetest.BenchAudio(b, opus.Backend) }

func TestSurround(t *testing.T) { encodetest.Run(t, opus.Surround, encodetest.Options{}) }
