package main

import (
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// pictures writes frames as PNG files. Writing one takes longer than a frame
// lasts, so it happens apart, and frames that come meanwhile are left out.
type pictures struct {
	dir   string
	log   *slog.Logger
	queue chan *image.RGBA
	done  chan struct{}
	bgra  *capture.Frame
}

func newPictures(dir string, log *slog.Logger) (*pictures, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	p := &pictures{dir: dir, log: log, queue: make(chan *image.RGBA, 1), done: make(chan struct{})}
	go p.write()
	return p, nil
}

// put takes a picture of f, whose colours are coded by m, unless one is being
// written.
func (p *pictures) put(f *capture.Frame, m encode.Matrix) {
	if len(p.queue) == cap(p.queue) {
		return
	}
	img, err := p.toImage(f, m)
	if err != nil {
		p.log.Debug("a picture was not converted", "err", err)
		return
	}
	p.queue <- img
}

// toImage copies f.
func (p *pictures) toImage(f *capture.Frame, m encode.Matrix) (*image.RGBA, error) {
	if p.bgra == nil || p.bgra.Width != f.Width || p.bgra.Height != f.Height {
		p.bgra = encode.NewFrame(capture.BGRA, f.Width, f.Height)
	}
	if err := encode.Convert(p.bgra, f, m); err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
	for y := range f.Height {
		src := p.bgra.Plane[0][y*p.bgra.Stride[0]:]
		dst := img.Pix[y*img.Stride:]
		for x := 0; x < 4*f.Width; x += 4 {
			dst[x], dst[x+1], dst[x+2], dst[x+3] = src[x+2], src[x+1], src[x], 0xff
		}
	}
	return img, nil
}

func (p *pictures) write() {
	defer close(p.done)
	for n := 1; ; n++ {
		img, ok := <-p.queue
		if !ok {
			return
		}
		if err := writePNG(filepath.Join(p.dir, fmt.Sprintf("frame-%06d.png", n)), img); err != nil {
			p.log.Warn("a picture was not written", "err", err)
		}
	}
}

func writePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	err = encoder.Encode(f, img)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

// close waits for the last picture.
func (p *pictures) close() {
	close(p.queue)
	<-p.done
}
