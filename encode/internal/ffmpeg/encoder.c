//go:build cgo && (linux || darwin)

#include "ffmpeg.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int fail(causeway_encoder *e, const char *what, int error) {
	return causeway_say(e->av, e->message, sizeof e->message, what, error);
}

static void put(void *base, int offset, int v) {
	memcpy((char *)base + offset, &v, sizeof v);
}

// describe tells the context the size and the format of the pictures to come.
static int describe(causeway_encoder *e, int width, int height, int format) {
	const causeway_av *av = e->av;
	void *p = av->avcodec_parameters_alloc();
	if (!p)
		return fail(e, "no memory", 0);
	// What the codec is comes from the context, and goes back as it was.
	int rc = av->avcodec_parameters_from_context(p, e->context);
	if (rc >= 0) {
		put(p, av->layout->parameters_format, format);
		put(p, av->layout->parameters_width, width);
		put(p, av->layout->parameters_width + 4, height);
		rc = av->avcodec_parameters_to_context(e->context, p);
	}
	av->avcodec_parameters_free(&p);
	return rc < 0 ? fail(e, "avcodec_parameters_to_context", rc) : 0;
}

// attach opens a device of that kind and makes e take pictures from its memory.
static int attach(causeway_encoder *e, const char *kind, int width, int height, int format, int memory) {
	const causeway_av *av = e->av;
	causeway_buffer *device = NULL;
	int type = av->av_hwdevice_find_type_by_name(kind);
	int rc = av->av_hwdevice_ctx_create(&device, type, NULL, NULL, 0);
	if (rc < 0)
		return fail(e, "av_hwdevice_ctx_create", rc);
	e->surfaces = av->av_hwframe_ctx_alloc(device);
	av->av_buffer_unref(&device);
	e->surface = av->av_frame_alloc();
	if (!e->surfaces || !e->surface)
		return fail(e, "no memory", 0);
	// Format, that of the device's memory, then the one inside, width, height;
	// the number of surfaces to begin with stands before them. Neither format
	// is set in a new one.
	char *f = (char *)e->surfaces->data + av->layout->hwframes_format;
	int before[4];
	memcpy(before, f, sizeof before);
	const causeway_option *flags = av->av_opt_find(e->context, "hwaccel_flags", NULL, 0, 0);
	if (before[0] != -1 || before[1] != -1 || before[2] || before[3] || !flags)
		return fail(e, "this libavcodec has frames of devices of another layout than its release", 0);
	put(f, -4, 8);
	put(f, 0, memory);
	put(f, 4, format);
	put(f, 8, width);
	put(f, 12, height);
	if ((rc = av->av_hwframe_ctx_init(e->surfaces)) < 0)
		return fail(e, "av_hwframe_ctx_init", rc);
	causeway_buffer *own = av->av_buffer_ref(e->surfaces);
	if (!own)
		return fail(e, "no memory", 0);
	memcpy((char *)e->context + flags->offset + av->layout->hw_frames_from_flags, &own, sizeof own);
	return 0;
}

int causeway_encoder_prepare(causeway_encoder *e, const char *codec, int width, int height, const char *device) {
	const causeway_av *av = e->av;
	const void *c = av->avcodec_find_encoder_by_name(codec);
	if (!c)
		return fail(e, "this libavcodec was built without the encoder", 0);
	e->context = av->avcodec_alloc_context3(c);
	e->packet = av->av_packet_alloc();
	e->frame = av->av_frame_alloc();
	if (!e->context || !e->packet || !e->frame)
		return fail(e, "no memory", 0);
	int format = av->av_get_pix_fmt("nv12"), memory = device ? av->av_get_pix_fmt(device) : format;
	if (describe(e, width, height, memory) || device && attach(e, device, width, height, format, memory))
		return -1;
	e->frame->format = format;
	e->frame->width = width;
	e->frame->height = height;
	int rc = av->av_frame_get_buffer(e->frame, 0);
	return rc < 0 ? fail(e, "av_frame_get_buffer", rc) : 0;
}

int causeway_encoder_set(causeway_encoder *e, const char *name, const char *value) {
	int rc = e->av->av_opt_set(e->context, name, value, causeway_search_children);
	if (rc == causeway_option_not_found)
		return 1;
	return rc < 0 ? fail(e, name, rc) : 0;
}

int causeway_encoder_open(causeway_encoder *e) {
	int rc = e->av->avcodec_open2(e->context, NULL, NULL);
	return rc < 0 ? fail(e, "avcodec_open2", rc) : 0;
}

static void copy(uint8_t *to, int to_stride, const uint8_t *from, int from_stride, int bytes, int rows) {
	for (int y = 0; y < rows; y++)
		memcpy(to + (size_t)y * to_stride, from + (size_t)y * from_stride, bytes);
}

int causeway_encoder_send(causeway_encoder *e, const uint8_t *y, int y_stride, const uint8_t *uv, int uv_stride, int key) {
	const causeway_av *av = e->av;
	causeway_frame *f = e->frame;
	// The encoder may still hold the picture before.
	int rc = av->av_frame_make_writable(f);
	if (rc < 0)
		return fail(e, "av_frame_make_writable", rc);
	copy(f->data[0], f->linesize[0], y, y_stride, f->width, f->height);
	copy(f->data[1], f->linesize[1], uv, uv_stride, f->width, f->height / 2);
	if (e->surfaces) {
		av->av_frame_unref(e->surface);
		if ((rc = av->av_hwframe_get_buffer(e->surfaces, e->surface, 0)) < 0)
			return fail(e, "av_hwframe_get_buffer", rc);
		if ((rc = av->av_hwframe_transfer_data(e->surface, f, 0)) < 0)
			return fail(e, "av_hwframe_transfer_data", rc);
		f = e->surface;
	}
	int64_t number = e->count++;
	memcpy((char *)f + av->layout->frame_pts, &number, sizeof number);
	put(f, av->layout->frame_picture_type, key ? causeway_picture_intra : 0);
	rc = av->avcodec_send_frame(e->context, f);
	return rc < 0 ? fail(e, "avcodec_send_frame", rc) : 0;
}

int causeway_encoder_receive(causeway_encoder *e, int patience) {
	const int step = 250;
	for (;; patience -= step) {
		int rc = e->av->avcodec_receive_packet(e->context, e->packet);
		if (rc >= 0)
			return 1;
		if (rc != -EAGAIN)
			return fail(e, "avcodec_receive_packet", rc);
		if (patience <= 0)
			return 0;
		usleep(step);
	}
}

void causeway_encoder_close(causeway_encoder *e) {
	e->av->avcodec_free_context(&e->context);
	e->av->av_frame_free(&e->surface);
	e->av->av_frame_free(&e->frame);
	e->av->av_packet_free(&e->packet);
	e->av->av_buffer_unref(&e->surfaces);
}
