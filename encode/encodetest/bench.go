package encodetest

import (
	"fmt"
	"image"
	"slices"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/encode"
)

// Bench measures b on full motion at 720p with 12 Mbit/s and at 1080p with 20
// Mbit/s: the time from frame to chunk (p50-ms, p95-ms), the processor time
// that it takes in all threads (cpu-ms/frame), and the rate that came out. Each
// includes the conversion from BGRA.
func Bench(b *testing.B, backend encode.Backend) {
	if err := backend.Probe(); err != nil {
		b.Skip(err)
	}
	contents := []struct {
		name string
		make func(w, h int) Content
	}{{"noise", Noise}, {"camera", Camera}, {"text", Text}}
	for _, size := range []image.Point{{X: 1280, Y: 720}, {X: 1920, Y: 1080}} {
		for _, content := range contents {
			for threads := range 3 {
				p := encode.Params{Width: size.X, Height: size.Y, FPS: FPS, Bitrate: 12_000_000, Threads: threads}
				if size.Y == 1080 {
					p.Bitrate = 20_000_000
				}
				name := fmt.Sprintf("%dp/%s/threads=%d", size.Y, content.name, threads)
				b.Run(name, func(b *testing.B) { bench(b, backend, p, content.make(p.Width, p.Height)) })
			}
		}
	}
}

func bench(b *testing.B, backend encode.Backend, p encode.Params, content Content) {
	e, err := backend.NewEncoder(p)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	var c encode.Chunk
	// The key frame is not what is measured.
	if err := e.Encode(&c, content(0), false); err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	bytes, before := 0, processTime()
	for i := 1; b.Loop(); i++ {
		f := content(i)
		start := time.Now()
		if err := e.Encode(&c, f, false); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
		bytes += len(c.Data)
	}
	cpu := processTime() - before
	slices.Sort(took)
	n := float64(len(took))
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*95/100]), "p95-ms")
	if cpu > 0 {
		b.ReportMetric(ms(cpu)/n, "cpu-ms/frame")
	}
	b.ReportMetric(float64(bytes)*8*FPS/n/1e6, "Mbit/s")
}

// BenchAudio measures b on 10 ms of sound: the time from frame to chunk.
func BenchAudio(b *testing.B, backend encode.Backend) {
	if err := backend.Probe(); err != nil {
		b.Skip(err)
	}
	e, err := backend.NewAudioEncoder(encode.Params{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	var c encode.Chunk
	f := Tone(440, 1000)(0)
	for b.Loop() {
		if err := e.Encode(&c, f); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(ms(b.Elapsed())/float64(b.N), "ms/frame")
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
