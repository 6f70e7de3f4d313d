//go:build cgo && (linux || darwin)

#include "ffmpeg.h"

#include <stdio.h>
#include <string.h>

// Why there are offsets at all: nothing but the field itself asks an encoder for
// a key frame (AVFrame.pict_type), tells it the size and the format of its
// pictures (AVCodecParameters), or hands it the memory of a device
// (AVCodecContext.hw_frames_ctx, AVHWFramesContext). FFmpeg's headers would tie
// the program to the release that they come from. These structs change with
// major versions alone, which the sonames carry.
static const causeway_layout layouts[] = {
	{59, 57, .frame_picture_type = 124, .frame_pts = 136, .parameters_format = 28, .parameters_width = 56,
		.hwframes_format = 68, .hw_frames_from_flags = -32},
	{60, 58, .frame_picture_type = 124, .frame_pts = 136, .parameters_format = 28, .parameters_width = 56,
		.hwframes_format = 68, .hw_frames_from_flags = -32},
	// Side data moved to the front of the parameters, private parts out of the
	// structs of devices, and the fields of devices beside each other.
	{61, 59, .frame_picture_type = 124, .frame_pts = 136, .parameters_format = 44, .parameters_width = 72,
		.hwframes_format = 60, .hw_frames_from_flags = -16},
	// AVFrame lost key_frame.
	{62, 60, .frame_picture_type = 120, .frame_pts = 136, .parameters_format = 44, .parameters_width = 72,
		.hwframes_format = 60, .hw_frames_from_flags = -16},
};

static int at(const void *base, int offset) {
	int v;
	memcpy(&v, (const char *)base + offset, sizeof v);
	return v;
}

// frame_fits looks for the defaults of a frame: no format, no time, and an
// unknown aspect ratio of 0:1 just after the type of picture.
static int frame_fits(const causeway_av *av) {
	const causeway_layout *l = av->layout;
	causeway_frame *f = av->av_frame_alloc();
	if (!f)
		return 0;
	int64_t pts;
	memcpy(&pts, (char *)f + l->frame_pts, sizeof pts);
	int fits = f->format == -1 && f->width == 0 && f->height == 0 && pts == CAUSEWAY_NO_TIME &&
		at(f, l->frame_picture_type) == 0 && at(f, l->frame_picture_type + 4) == 0 &&
		at(f, l->frame_picture_type + 8) == 1;
	av->av_frame_free(&f);
	return fits;
}

// packet_fits looks for a size that was asked for.
static int packet_fits(const causeway_av *av) {
	causeway_packet *p = av->av_packet_alloc();
	if (!p)
		return 0;
	int fits = av->av_new_packet(p, 12345) == 0 && p->buf && p->data && p->size == 12345 &&
		p->pts == CAUSEWAY_NO_TIME && p->dts == CAUSEWAY_NO_TIME && p->flags == 0;
	av->av_packet_free(&p);
	return fits;
}

// parameters_fit looks for their defaults: no format, and an unknown profile
// and level, -99, just before the size.
static int parameters_fit(const causeway_av *av) {
	const causeway_layout *l = av->layout;
	void *p = av->avcodec_parameters_alloc();
	if (!p)
		return 0;
	int w = l->parameters_width;
	int fit = at(p, l->parameters_format) == -1 && at(p, w - 8) == -99 && at(p, w - 4) == -99 &&
		at(p, w) == 0 && at(p, w + 4) == 0;
	av->avcodec_parameters_free(&p);
	return fit;
}

// frees is true when a context frees the buffer b, which it is given at our
// place for the frames of a device.
static int frees(const causeway_av *av, causeway_buffer *b) {
	void *c = av->avcodec_alloc_context3(NULL);
	const causeway_option *flags = c ? av->av_opt_find(c, "hwaccel_flags", NULL, 0, 0) : NULL;
	void *field = flags ? (char *)c + flags->offset + av->layout->hw_frames_from_flags : NULL;
	causeway_buffer *own = NULL;
	if (field)
		memcpy(&own, field, sizeof own);
	int empty = field && !own;
	if (empty && (own = av->av_buffer_ref(b)))
		memcpy(field, &own, sizeof own);
	av->avcodec_free_context(&c);
	return empty && own && av->av_buffer_get_ref_count(b) == 1;
}

static int context_fits(const causeway_av *av) {
	causeway_buffer *b = av->av_buffer_alloc(1);
	int fits = b && frees(av, b);
	av->av_buffer_unref(&b);
	return fits;
}

int causeway_av_layout(causeway_av *av) {
	unsigned codec = av->avcodec_version() >> 16, util = av->avutil_version() >> 16;
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (layouts[i].avcodec == codec && layouts[i].avutil == util)
			av->layout = &layouts[i];
	const char *why = "is none that we know";
	if (av->layout) {
		why = !frame_fits(av) ? "has frames of another layout than its release"
			: !packet_fits(av) ? "has packets of another layout than its release"
			: !parameters_fit(av) ? "has parameters of another layout than its release"
			: !context_fits(av) ? "has contexts of another layout than its release" : NULL;
	}
	if (!why)
		return 0;
	snprintf(av->missing, sizeof av->missing, "libavcodec %u with libavutil %u %s", codec, util, why);
	return -1;
}
