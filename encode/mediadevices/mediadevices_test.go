package mediadevices_test

import (
	"testing"

	"github.com/causeway-rtc/causeway/encode/avcodec"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/mediadevices"
)

func TestOpenH264(t *testing.T) {
	encodetest.Run(t, mediadevices.OpenH264, encodetest.Options{
		Decoder:   avcodec.Backend,
		Allocates: true,
		OwnKeys:   true,
	})
}

func Benchmark(b *testing.B) { encodetest.Bench(b, mediadevices.OpenH264) }
