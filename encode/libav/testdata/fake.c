// A libavcodec and a libavutil in one, of the release that MAJOR names, with one
// encoder that fails as its name says. The structs are FFmpeg's as far as
// anybody looks, field by field, so that they check the offsets that the
// program goes by.
//
//	ok         encodes: key frames exactly, and between them nothing new
//	crash-open crashes when it is opened; hang-open and error-open likewise
//	crash-3    crashes with picture 3; hang-3, error-3, garbage-3, empty-3, deaf likewise,
//	           the last making no key frames but the first
//	late-2     returns each picture two pictures later
//	bare       writes parameter sets once
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION(major) ((unsigned)(major) << 16)
enum { nv12 = 23, memory = 44, type_intra = 1, search_children = 1 };
static const int64_t no_time = INT64_MIN;

typedef struct { int num, den; } AVRational;
typedef struct { void *buffer; uint8_t *data; } AVBufferRef;

typedef struct {
	uint8_t *data[8];
	int linesize[8];
	uint8_t **extended_data;
	int width, height, nb_samples, format;
#if MAJOR < 62 || defined MOVED
	int key_frame;
#endif
	int pict_type;
	AVRational sample_aspect_ratio;
	int64_t pts, pkt_dts;
	AVBufferRef *own;
} AVFrame;

typedef struct {
	AVBufferRef *buf;
	int64_t pts, dts;
	uint8_t *data;
	int size, stream_index, flags;
} AVPacket;

typedef struct {
	int codec_type, codec_id;
	uint32_t codec_tag;
	uint8_t *extradata;
	int extradata_size;
#if MAJOR >= 61
	void *coded_side_data;
	int nb_coded_side_data;
#endif
	int format;
	int64_t bit_rate;
	int bits_per_coded_sample, bits_per_raw_sample, profile, level, width, height;
} AVCodecParameters;

typedef struct {
	const void *class;
#if MAJOR < 61
	void *internal;
#endif
	void *device_ref, *device_ctx, *hwctx, *free, *user_opaque, *pool;
	int initial_pool_size, format, sw_format, width, height;
} AVHWFramesContext;

typedef struct {
	const char *name, *help;
	int offset;
} AVOption;

typedef struct { const char *name; } AVCodec;

typedef struct {
	const void *class;
	const AVCodec *codec;
	int width, height, pix_fmt;
#if MAJOR < 61 || defined APART
	AVBufferRef *hw_frames_ctx;
	int trailing_padding;
	int64_t max_pixels;
#else
	void *hwaccel_context;
	AVBufferRef *hw_frames_ctx;
#endif
	AVBufferRef *hw_device_ctx;
	int hwaccel_flags;
	int sent, returned, keys, preset;
	AVPacket *queue[64];
} AVCodecContext;

unsigned avutil_version(void) { return VERSION(MAJOR - 2); }
unsigned avcodec_version(void) { return VERSION(MAJOR); }
void av_log_set_level(int level) {}
int av_strerror(int error, char *out, size_t size) { return snprintf(out, size, "error %d of the fake", error); }
int av_get_pix_fmt(const char *name) { return !strcmp(name, "nv12") ? nv12 : !strcmp(name, "vaapi") ? memory : -1; }

AVBufferRef *av_buffer_alloc(size_t size) {
	AVBufferRef *b = calloc(1, sizeof *b);
	b->buffer = calloc(1, sizeof(int));
	b->data = calloc(1, size);
	*(int *)b->buffer = 1;
	return b;
}
int av_buffer_get_ref_count(const AVBufferRef *b) { return *(int *)b->buffer; }
AVBufferRef *av_buffer_ref(const AVBufferRef *b) {
	AVBufferRef *r = malloc(sizeof *r);
	*r = *b;
	++*(int *)b->buffer;
	return r;
}
void av_buffer_unref(AVBufferRef **b) {
	if (*b)
		--*(int *)(*b)->buffer;
	free(*b);
	*b = NULL;
}

// Options.

int av_opt_set(void *context, const char *name, const char *value, int flags) {
	if (!strcmp(name, "preset"))
		((AVCodecContext *)context)->preset = 1;
	static const char *const known[] = {"threads", "flags", "time_base", "g", "bf", "b", "maxrate", "bufsize",
		"color_primaries", "color_trc", "colorspace", "color_range", "preset", NULL};
	for (int i = 0; known[i]; i++)
		if (!strcmp(name, known[i]))
			return 0;
	return -(0xf8 | 'O' << 8 | 'P' << 16 | 'T' << 24);
}
const AVOption *av_opt_find(void *context, const char *name, const char *unit, int f, int flags) {
	static const AVOption o = {"hwaccel_flags", "", offsetof(AVCodecContext, hwaccel_flags)};
	return strcmp(name, o.name) ? NULL : &o;
}

// Frames.

AVFrame *av_frame_alloc(void) {
	AVFrame *f = calloc(1, sizeof *f);
	f->format = -1;
	f->pts = f->pkt_dts = no_time;
	f->sample_aspect_ratio.den = 1;
#if MAJOR < 62 || defined MOVED
	f->key_frame = 1;
#endif
	return f;
}
void av_frame_unref(AVFrame *f) {
	free(f->data[0]);
	memset(f, 0, sizeof *f);
	f->format = -1;
}
void av_frame_free(AVFrame **f) {
	if (*f)
		av_frame_unref(*f);
	free(*f);
	*f = NULL;
}
int av_frame_get_buffer(AVFrame *f, int align) {
	if (f->width < 1 || f->height < 1 || f->format != nv12)
		return -EINVAL;
	f->linesize[0] = f->linesize[1] = f->width + 32;
	f->data[0] = malloc((size_t)f->linesize[0] * (f->height + f->height / 2));
	f->data[1] = f->data[0] + (size_t)f->linesize[0] * f->height;
	return 0;
}
int av_frame_make_writable(AVFrame *f) { return 0; }

// Devices, whose memory is the main one.

int av_hwdevice_find_type_by_name(const char *name) { return !strcmp(name, "vaapi") ? 3 : 0; }
int av_hwdevice_ctx_create(AVBufferRef **b, int type, const char *device, void *options, int flags) {
	if (type != 3)
		return -ENODEV;
	*b = av_buffer_alloc(1);
	return 0;
}
AVBufferRef *av_hwframe_ctx_alloc(AVBufferRef *device) {
	AVBufferRef *b = av_buffer_alloc(sizeof(AVHWFramesContext));
	AVHWFramesContext *c = (AVHWFramesContext *)b->data;
	c->format = c->sw_format = -1;
	return b;
}
int av_hwframe_ctx_init(AVBufferRef *b) {
	AVHWFramesContext *c = (AVHWFramesContext *)b->data;
	return c->format == memory && c->sw_format == nv12 && c->width > 0 && c->height > 0 && c->initial_pool_size > 0
		? 0 : -EINVAL;
}
int av_hwframe_get_buffer(AVBufferRef *b, AVFrame *f, int flags) {
	AVHWFramesContext *c = (AVHWFramesContext *)b->data;
	f->format = nv12;
	f->width = c->width;
	f->height = c->height;
	int rc = av_frame_get_buffer(f, 0);
	f->format = memory;
	return rc;
}
int av_hwframe_transfer_data(AVFrame *to, const AVFrame *from, int flags) {
	for (int y = 0; y < from->height + from->height / 2; y++)
		memcpy(to->data[0] + (size_t)y * to->linesize[0], from->data[0] + (size_t)y * from->linesize[0], from->width);
	return 0;
}

// Packets.

AVPacket *av_packet_alloc(void) {
	AVPacket *p = calloc(1, sizeof *p);
	p->pts = p->dts = no_time;
	return p;
}
#ifndef LACKS
void av_packet_unref(AVPacket *p) {
	free(p->data);
	free(p->buf);
	memset(p, 0, sizeof *p);
}
void av_packet_free(AVPacket **p) {
	if (*p)
		av_packet_unref(*p);
	free(*p);
	*p = NULL;
}
#endif
int av_new_packet(AVPacket *p, int size) {
	p->buf = calloc(1, sizeof *p->buf);
	p->data = malloc(size);
	p->size = size;
	return 0;
}

// The codec.

const void *avcodec_find_decoder_by_name(const char *name) { return NULL; }
const AVCodec *avcodec_find_encoder_by_name(const char *name) {
	if (!strcmp(name, "missing"))
		return NULL;
	AVCodec *c = malloc(sizeof *c);
	c->name = strdup(name);
	return c;
}
AVCodecContext *avcodec_alloc_context3(const AVCodec *codec) {
	AVCodecContext *c = calloc(1, sizeof *c);
	c->codec = codec;
	return c;
}
AVCodecParameters *avcodec_parameters_alloc(void) {
	AVCodecParameters *p = calloc(1, sizeof *p);
	p->codec_type = p->format = -1;
	p->profile = p->level = -99;
	return p;
}
void avcodec_parameters_free(AVCodecParameters **p) {
	free(*p);
	*p = NULL;
}
int avcodec_parameters_from_context(AVCodecParameters *p, const AVCodecContext *c) {
	p->codec_type = 0;
	p->codec_id = 27;
	return 0;
}
int avcodec_parameters_to_context(AVCodecContext *c, const AVCodecParameters *p) {
	if (p->codec_type != 0 || p->codec_id != 27)
		return -EINVAL;
	c->width = p->width;
	c->height = p->height;
	c->pix_fmt = p->format;
	return 0;
}

static void fail(const char *how) {
	if (!strncmp(how, "crash", 5))
		raise(SIGSEGV);
	while (!strncmp(how, "hang", 4))
		pause();
}

// due is true when the encoder is to fail so with that picture.
static int due(const AVCodecContext *c, const char *how) {
	const char *name = c->codec->name;
	size_t n = strlen(how);
	return !strncmp(name, how, n) && name[n] == '-' && c->sent >= atoi(name + n + 1);
}

int avcodec_open2(AVCodecContext *c, const AVCodec *codec, void **options) {
	const char *at = strchr(c->codec->name, '-');
	if (at && !strcmp(at, "-open")) {
		fail(c->codec->name);
		return -EPERM;
	}
	if (c->width < 16 || c->height < 16)
		return -EINVAL;
	if (!strcmp(c->codec->name, "needs-preset") && !c->preset)
		return -EINVAL;
	int wants = c->pix_fmt == memory;
	return wants == (c->hw_frames_ctx != NULL) && (wants || c->pix_fmt == nv12) ? 0 : -EINVAL;
}
void avcodec_free_context(AVCodecContext **c) {
	if (*c)
		av_buffer_unref(&(*c)->hw_frames_ctx);
	free(*c);
	*c = NULL;
}
int avcodec_send_packet(AVCodecContext *c, const AVPacket *p) { return -ENOSYS; }
int avcodec_receive_frame(AVCodecContext *c, AVFrame *f) { return -ENOSYS; }

#include "h264.h"

int avcodec_send_frame(AVCodecContext *c, const AVFrame *f) {
	if (f->format != c->pix_fmt || f->width != c->width || f->height != c->height || f->pts == no_time)
		return -EINVAL;
	if (due(c, "crash"))
		fail("crash");
	if (due(c, "hang"))
		fail("hang");
	if (due(c, "error"))
		return -EIO;
	int key = f->pict_type == type_intra;
	if (!strcmp(c->codec->name, "deaf"))
		key = c->sent == 0;
	bits b = {0};
	if (due(c, "garbage"))
		for (int i = 0; i < 300; i++)
			put(&b, 8, i * 7 % 251);
	else if (!due(c, "empty"))
		encode(&b, c->width, c->height, f->data[0], f->linesize[0], f->data[1], f->linesize[1], key,
			strcmp(c->codec->name, "bare") || c->sent == 0, c->sent, key ? 0 : c->sent - c->keys);
	if (key)
		c->keys = c->sent;
	if (c->sent - c->returned >= 64)
		return -EAGAIN;
	if (!due(c, "empty")) {
		AVPacket *p = av_packet_alloc();
		av_new_packet(p, b.size);
		memcpy(p->data, b.data, b.size);
		p->pts = f->pts;
		p->flags = key;
		c->queue[c->sent % 64] = p;
	}
	free(b.data);
	c->sent++;
	return 0;
}

int avcodec_receive_packet(AVCodecContext *c, AVPacket *out) {
	int late = !strncmp(c->codec->name, "late-", 5) ? atoi(c->codec->name + 5) : 0;
	if (c->sent - c->returned <= late || !c->queue[c->returned % 64])
		return -EAGAIN;
	AVPacket *p = c->queue[c->returned % 64];
	c->queue[c->returned++ % 64] = NULL;
	free(out->data);
	free(out->buf);
	*out = *p;
	free(p);
	return 0;
}
