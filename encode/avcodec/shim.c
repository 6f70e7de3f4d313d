//go:build cgo && (linux || darwin)

#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

// What FFmpeg's macros AV_LOG_QUIET and AVERROR_EOF stand for.
enum { log_quiet = -8, error_eof = -('E' | 'O' << 8 | 'F' << 16 | ' ' << 24) };

const char *causeway_av_load(causeway_av *av, const char *avutil, const char *avcodec) {
	// The libraries stay open for the life of the process: some of what they
	// load starts threads, which closing would pull the code from under.
	av->avutil = dlopen(avutil, RTLD_NOW | RTLD_LOCAL);
	if (!av->avutil)
		return avutil;
	av->avcodec = dlopen(avcodec, RTLD_NOW | RTLD_LOCAL);
	if (!av->avcodec)
		return avcodec;
#define X(name, type) \
	if (!(av->name = (type)dlsym(library, #name))) \
		return #name;
	void *library = av->avutil;
	CAUSEWAY_AVUTIL(X)
	library = av->avcodec;
	CAUSEWAY_AVCODEC(X)
#undef X
	// A stream that starts in the middle is no reason to write to a person.
	av->av_log_set_level(log_quiet);
	return NULL;
}

static int fail(causeway_decoder *d, const char *what, int error) {
	char why[128] = "";
	if (error)
		d->av->av_strerror(error, why, sizeof why);
	snprintf(d->message, sizeof d->message, "%s%s%s", what, error ? ": " : "", why);
	return -1;
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
	if (rc == -EAGAIN || rc == error_eof)
		return 0;
	return rc < 0 ? fail(d, "avcodec_receive_frame", rc) : 1;
}

void causeway_decoder_close(causeway_decoder *d) {
	d->av->av_frame_free(&d->frame);
	d->av->av_packet_free(&d->packet);
	d->av->avcodec_free_context(&d->context);
}
