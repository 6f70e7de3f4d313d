package bench

import (
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// BenchmarkSubmitVideo measures what it costs a program to submit a picture
// that somebody watches: the copy. What it costs to send it is that of a
// desktop's.
func BenchmarkSubmitVideo(b *testing.B) {
	for _, format := range []capture.PixelFormat{capture.BGRA, capture.I420} {
		b.Run(format.String()+" 1080p", func(b *testing.B) { submitVideo(b, format, 1920, 1080) })
	}
}

func submitVideo(b *testing.B, format capture.PixelFormat, width, height int) {
	const pictures = 300
	feed := streams.NewVideoFeed()
	src, err := feed.Backend().Open(b.Context(), capture.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	// A program draws into more than one, so that they come from memory.
	var drawn [4]streams.Picture
	for i := range drawn {
		f := encode.NewFrame(format, width, height)
		drawn[i] = streams.Picture{Width: width, Height: height, Format: format, Plane: f.Plane, Stride: f.Stride}
	}
	var spent time.Duration
	n := 0
	for b.Loop() {
		for range pictures {
			began := time.Now()
			if err := feed.SubmitVideo(drawn[n%len(drawn)]); err != nil {
				b.Fatal(err)
			}
			spent += time.Since(began)
			n++
			f, err := src.Next(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			f.Release()
		}
	}
	b.ReportMetric(spent.Seconds()*1000/float64(n), "ms/picture")
}
