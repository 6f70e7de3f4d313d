package aom

import (
	"fmt"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

type decoder struct {
	native *nativeDecoder
	frame  capture.Frame
}

func newDecoder() (encode.Decoder, error) {
	n, err := openDecoder()
	if err != nil {
		return nil, fmt.Errorf("aom: open decoder: %w", err)
	}
	return &decoder{native: n}, nil
}

func (d *decoder) Decode(c *encode.Chunk) (*capture.Frame, error) {
	if d.native == nil {
		return nil, fmt.Errorf("aom: decode: %w", encode.ErrClosed)
	}
	if len(c.Data) == 0 {
		return nil, nil
	}
	ok, err := d.native.decode(c.Data, &d.frame)
	if err != nil {
		return nil, fmt.Errorf("aom: decode: %w", err)
	}
	if !ok {
		return nil, nil
	}
	d.frame.Time = c.Time
	return &d.frame, nil
}

func (d *decoder) Close() error {
	if d.native != nil {
		d.native.close()
		d.native = nil
	}
	return nil
}
