//go:build cgo

package opus

/*
#cgo pkg-config: opus
#include <opus_multistream.h>

// lossPercent is what the encoder assumes of the network. CELT then leans less
// on the frame before.
enum { lossPercent = 5 };

// C functions with variable arguments are out of Go's reach.

static OpusMSEncoder *open_encoder(int rate, int channels, int streams, int coupled,
		const unsigned char *mapping, int bps, int *error) {
	OpusMSEncoder *e = opus_multistream_encoder_create(rate, channels, streams, coupled, mapping,
		OPUS_APPLICATION_RESTRICTED_LOWDELAY, error);
	if (!e)
		return NULL;
	int first = OPUS_OK, rc;
	#define SET(request) if ((rc = opus_multistream_encoder_ctl(e, request)) != OPUS_OK && first == OPUS_OK) first = rc
	SET(OPUS_SET_BITRATE(bps));
	SET(OPUS_SET_VBR(1));
	SET(OPUS_SET_VBR_CONSTRAINT(1));
	SET(OPUS_SET_SIGNAL(OPUS_SIGNAL_MUSIC));
	// Without effect in this mode (see the package documentation), and right
	// at once should the mode ever change.
	SET(OPUS_SET_INBAND_FEC(1));
	SET(OPUS_SET_PACKET_LOSS_PERC(lossPercent));
	#undef SET
	*error = first;
	if (first == OPUS_OK)
		return e;
	opus_multistream_encoder_destroy(e);
	return NULL;
}

static int set_bitrate(OpusMSEncoder *e, int bps) {
	return opus_multistream_encoder_ctl(e, OPUS_SET_BITRATE(bps));
}
*/
import "C"

import (
	"errors"
	"unsafe"

	"github.com/causeway-rtc/causeway/encode"
)

// probe finds nothing that could be missing: the library is linked in.
func probe() error { return nil }

func opusError(rc C.int) error { return errors.New(C.GoString(C.opus_strerror(rc))) }

type nativeEncoder struct{ c *C.OpusMSEncoder }

func openEncoder(p encode.Params, l layout) (*nativeEncoder, error) {
	var rc C.int
	c := C.open_encoder(C.int(p.Rate), C.int(p.Channels), C.int(l.streams), C.int(l.coupled),
		(*C.uchar)(unsafe.SliceData(l.mapping)), C.int(p.Bitrate), &rc)
	if c == nil {
		return nil, opusError(rc)
	}
	return &nativeEncoder{c}, nil
}

// encode encodes n samples a channel into dst and returns the packet's size.
func (e *nativeEncoder) encode(dst []byte, samples []int16, n int) (int, error) {
	rc := C.opus_multistream_encode(e.c, (*C.opus_int16)(unsafe.SliceData(samples)), C.int(n),
		(*C.uchar)(unsafe.SliceData(dst)), C.opus_int32(len(dst)))
	if rc < 0 {
		return 0, opusError(rc)
	}
	return int(rc), nil
}

func (e *nativeEncoder) setBitrate(bps int) error {
	if rc := C.set_bitrate(e.c, C.int(bps)); rc != C.OPUS_OK {
		return opusError(rc)
	}
	return nil
}

func (e *nativeEncoder) close() { C.opus_multistream_encoder_destroy(e.c) }

type nativeDecoder struct{ c *C.OpusMSDecoder }

func openDecoder(p encode.Params, l layout) (*nativeDecoder, error) {
	var rc C.int
	c := C.opus_multistream_decoder_create(C.opus_int32(p.Rate), C.int(p.Channels), C.int(l.streams), C.int(l.coupled),
		(*C.uchar)(unsafe.SliceData(l.mapping)), &rc)
	if c == nil {
		return nil, opusError(rc)
	}
	return &nativeDecoder{c}, nil
}

// decode decodes data, or conceals a loss when data is nil, into dst, which
// has room for n samples a channel. It returns how many there are.
func (d *nativeDecoder) decode(dst []int16, n int, data []byte) (int, error) {
	rc := C.opus_multistream_decode(d.c, (*C.uchar)(unsafe.SliceData(data)), C.opus_int32(len(data)),
		(*C.opus_int16)(unsafe.SliceData(dst)), C.int(n), 0)
	if rc < 0 {
		return 0, opusError(rc)
	}
	return int(rc), nil
}

func (d *nativeDecoder) close() { C.opus_multistream_decoder_destroy(d.c) }
