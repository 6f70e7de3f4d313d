//go:build cgo && (linux || darwin)

#include "ffmpeg.h"

#include <errno.h>
#include <string.h>

static int fail(causeway_decoder *d, const char *what, int error) {
	return causeway_say(d->av, d->message, sizeof d->message, what, error);
}

int causeway_decoder_open(causeway_decoder *d, const char *codec) {
	const causeway_av *av = d->av;
	const void *c = av->avcodec_find_decoder_by_name(codec);
	if (!c)
		return fail(d, "this libavcodec was built without the decoder", 0);
	d->context = av->avcodec_alloc_context3(c);
	d->packet = av->av_packet_alloc();
	d->frame = av->av_frame_alloc();
	if (!d->context || !d->packet || !d->frame)
		return fail(d, "no memory", 0);
	av->av_opt_set(d->context, "threads", "1", 0);
	av->av_opt_set(d->context, "flags", "+low_delay", 0);
	int rc = av->avcodec_open2(d->context, c, NULL);
	return rc < 0 ? fail(d, "avcodec_open2", rc) : 0;
}

int causeway_decode(causeway_decoder *d, const uint8_t *data, int size) {
	const causeway_av *av = d->av;
	// The packet is FFmpeg's own, because it wants zeros after the data.
	int rc = av->av_new_packet(d->packet, size);
	if (rc < 0)
		return fail(d, "av_new_packet", rc);
	memcpy(d->packet->data, data, size);
	rc = av->avcodec_send_packet(d->context, d->packet);
	av->av_packet_unref(d->packet);
	if (rc < 0)
		return fail(d, "avcodec_send_packet", rc);
	rc = av->avcodec_receive_frame(d->context, d->frame);
	if (rc == -EAGAIN || rc == causeway_error_eof)
		return 0;
	return rc < 0 ? fail(d, "avcodec_receive_frame", rc) : 1;
}

void causeway_decoder_close(causeway_decoder *d) {
	d->av->av_frame_free(&d->frame);
	d->av->av_packet_free(&d->packet);
	d->av->avcodec_free_context(&d->context);
}
