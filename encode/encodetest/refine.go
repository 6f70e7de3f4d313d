package encodetest

import (
	"fmt"
	"image"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/encode"
)

// exact is the PSNR in dB from which on a picture's luma cannot be told from
// the original.
const exact = 47

// Refines checks that b makes a picture exact once it stands still, in as many
// steps as three seconds have, and that it then falls silent. It logs
// how many bytes that took.
func Refines(t *testing.T, b encode.Backend, o Options) {
	Need(t, b)
	s := suite{b, o}
	for _, c := range []struct {
		name    string
		size    image.Point
		content func(w, h int) Content
	}{
		{"text", image.Pt(1280, 720), Text},
		{"text", image.Pt(1920, 1080), Text},
		{"grain", image.Pt(640, 360), Camera},
	} {
		t.Run(fmt.Sprintf("%s at %dp", c.name, c.size.Y), func(t *testing.T) { s.refines(t, c.size, c.content) })
	}
}

func (s suite) refines(t *testing.T, size image.Point, content func(w, h int) Content) {
	p := encode.Params{Width: size.X, Height: size.Y, FPS: FPS, Bitrate: 8_000_000}
	e, d := s.encoder(t, p), s.decoder(t)
	page := *content(p.Width, p.Height)(1)
	var c encode.Chunk
	var db float64
	bytes, last := 0, 0
	for i := range 31 {
		if i > 0 {
			page.Damage = []image.Rectangle{}
		}
		page.Time = time.Duration(i) * 100 * time.Millisecond
		mustEncode(t, e, &c, &page, false)
		got, err := d.Decode(&c)
		if err != nil {
			t.Fatalf("decode chunk %d: %v", i, err)
		}
		last = len(c.Data)
		bytes += last
		if got == nil {
			continue
		}
		if now := s.psnr(t, got, &page); now != db {
			db = now
			t.Logf("%.1f dB after %v and %d kB", db, page.Time, bytes/1000)
		}
	}
	if db < exact {
		t.Errorf("%.1f dB after three seconds, want %d", db, exact)
	}
	if last > 1000 {
		t.Errorf("still sends %d bytes each time", last)
	}
}
