#include <stddef.h>
#include <stdint.h>

// The leading fields of FFmpeg's AVPacket, AVFrame and AVBufferRef. FFmpeg adds
// fields at the end and forbids programs to know a struct's size; these leading
// ones are the same in all releases of the table in layout.c. All are allocated
// by FFmpeg.
typedef struct {
	void *buf;
	int64_t pts, dts;
	uint8_t *data;
	int size, stream_index, flags;
} causeway_packet;

typedef struct {
	uint8_t *data[8];
	int linesize[8];
	uint8_t **extended_data;
	int width, height, nb_samples, format;
} causeway_frame;

typedef struct {
	void *buffer;
	uint8_t *data;
} causeway_buffer;

// The leading fields of AVOption.
typedef struct {
	const char *name, *help;
	int offset;
} causeway_option;

// The functions that are looked up in the two libraries. X is given the name
// and the type of a pointer to it.
#define CAUSEWAY_AVUTIL(X) \
	X(avutil_version, unsigned (*)(void)) \
	X(av_log_set_level, void (*)(int)) \
	X(av_opt_set, int (*)(void *, const char *, const char *, int)) \
	X(av_opt_find, const causeway_option *(*)(void *, const char *, const char *, int, int)) \
	X(av_strerror, int (*)(int, char *, size_t)) \
	X(av_get_pix_fmt, int (*)(const char *)) \
	X(av_buffer_alloc, causeway_buffer *(*)(size_t)) \
	X(av_buffer_get_ref_count, int (*)(const causeway_buffer *)) \
	X(av_buffer_ref, causeway_buffer *(*)(const causeway_buffer *)) \
	X(av_buffer_unref, void (*)(causeway_buffer **)) \
	X(av_frame_alloc, causeway_frame *(*)(void)) \
	X(av_frame_free, void (*)(causeway_frame **)) \
	X(av_frame_unref, void (*)(causeway_frame *)) \
	X(av_frame_get_buffer, int (*)(causeway_frame *, int)) \
	X(av_frame_make_writable, int (*)(causeway_frame *)) \
	X(av_hwdevice_find_type_by_name, int (*)(const char *)) \
	X(av_hwdevice_ctx_create, int (*)(causeway_buffer **, int, const char *, void *, int)) \
	X(av_hwframe_ctx_alloc, causeway_buffer *(*)(causeway_buffer *)) \
	X(av_hwframe_ctx_init, int (*)(causeway_buffer *)) \
	X(av_hwframe_get_buffer, int (*)(causeway_buffer *, causeway_frame *, int)) \
	X(av_hwframe_transfer_data, int (*)(causeway_frame *, const causeway_frame *, int))
#define CAUSEWAY_AVCODEC(X) \
	X(avcodec_version, unsigned (*)(void)) \
	X(avcodec_find_decoder_by_name, const void *(*)(const char *)) \
	X(avcodec_find_encoder_by_name, const void *(*)(const char *)) \
	X(avcodec_alloc_context3, void *(*)(const void *)) \
	X(avcodec_open2, int (*)(void *, const void *, void **)) \
	X(avcodec_free_context, void (*)(void **)) \
	X(avcodec_parameters_alloc, void *(*)(void)) \
	X(avcodec_parameters_free, void (*)(void **)) \
	X(avcodec_parameters_from_context, int (*)(void *, const void *)) \
	X(avcodec_parameters_to_context, int (*)(void *, const void *)) \
	X(avcodec_send_packet, int (*)(void *, const causeway_packet *)) \
	X(avcodec_receive_frame, int (*)(void *, causeway_frame *)) \
	X(avcodec_send_frame, int (*)(void *, const causeway_frame *)) \
	X(avcodec_receive_packet, int (*)(void *, causeway_packet *)) \
	X(av_packet_alloc, causeway_packet *(*)(void)) \
	X(av_packet_free, void (*)(causeway_packet **)) \
	X(av_packet_unref, void (*)(causeway_packet *)) \
	X(av_new_packet, int (*)(causeway_packet *, int))

// causeway_layout is where the fields lie that only an offset reaches, in
// bytes, for one release.
typedef struct {
	unsigned avcodec, avutil; // major versions
	int frame_picture_type, frame_pts; // AVFrame
	int parameters_format, parameters_width; // AVCodecParameters
	int hwframes_format; // AVHWFramesContext
	// AVCodecContext.hw_frames_ctx, counted from the field hwaccel_flags, which
	// is an option, whose offset FFmpeg tells.
	int hw_frames_from_flags;
} causeway_layout;

typedef struct {
	void *avutil, *avcodec;
	const causeway_layout *layout;
	// missing is what was not there, after a load that failed.
	char missing[192];
#define X(name, type) __typeof__((type)0) name;
	CAUSEWAY_AVUTIL(X)
	CAUSEWAY_AVCODEC(X)
#undef X
} causeway_av;

// What FFmpeg's macros AV_LOG_QUIET, AVERROR_EOF, AV_NOPTS_VALUE,
// AV_OPT_SEARCH_CHILDREN, AVERROR_OPTION_NOT_FOUND, AV_PKT_FLAG_KEY and
// AV_PICTURE_TYPE_I stand for.
enum {
	causeway_log_quiet = -8,
	causeway_error_eof = -('E' | 'O' << 8 | 'F' << 16 | ' ' << 24),
	causeway_option_not_found = -(0xf8 | 'O' << 8 | 'P' << 16 | 'T' << 24),
	causeway_search_children = 1,
	causeway_packet_key = 1,
	causeway_picture_intra = 1,
};
#define CAUSEWAY_NO_TIME INT64_MIN

// causeway_av_load opens the two libraries by name and fills in av. It returns
// 0, or -1 and says in av->missing what there is not: a library, a function or
// a release that is known.
int causeway_av_load(causeway_av *av, const char *avutil, const char *avcodec);

// causeway_av_layout finds the layout of the loaded libraries and checks it. It
// returns 0, or -1 with av->missing.
int causeway_av_layout(causeway_av *av);

// causeway_say writes to a message what failed and FFmpeg's word for error,
// which may be 0, and returns -1.
int causeway_say(const causeway_av *av, char *message, size_t size, const char *what, int error);

typedef struct {
	const causeway_av *av;
	void *context;
	causeway_packet *packet;
	causeway_frame *frame;
	// message is the last error.
	char message[256];
} causeway_decoder;

// causeway_decoder_open fills in d, which is zero but for av, and returns 0 or
// -1 with a message.
int causeway_decoder_open(causeway_decoder *d, const char *codec);

// causeway_decode returns 1 when d->frame holds a picture, 0 when it does not,
// -1 with a message.
int causeway_decode(causeway_decoder *d, const uint8_t *data, int size);

void causeway_decoder_close(causeway_decoder *d);

typedef struct {
	const causeway_av *av;
	void *context;
	causeway_packet *packet;
	causeway_frame *frame;     // what is copied in
	causeway_frame *surface;   // what is uploaded, of frames that a device holds
	causeway_buffer *surfaces; // where those come from; NULL without a device
	int64_t count;             // of the frames sent
	// message is the last error.
	char message[256];
} causeway_encoder;

// causeway_encoder_prepare fills in e, which is zero but for av, for pictures of
// that size in NV12, and returns 0 or -1 with a message. device, when not NULL,
// is the kind of device whose memory the encoder takes pictures from.
int causeway_encoder_prepare(causeway_encoder *e, const char *codec, int width, int height, const char *device);

// causeway_encoder_set sets an option, before or after causeway_encoder_open.
// It returns 0, 1 when there is no option of that name, or -1 with a message.
int causeway_encoder_set(causeway_encoder *e, const char *name, const char *value);

// causeway_encoder_open opens what was prepared and set. It returns 0 or -1
// with a message.
int causeway_encoder_open(causeway_encoder *e);

// causeway_encoder_send sends a picture in NV12, which has the number e->count
// before the call. It returns 0 or -1 with a message.
int causeway_encoder_send(causeway_encoder *e, const uint8_t *y, int y_stride, const uint8_t *uv, int uv_stride, int key);

// causeway_encoder_receive returns 1 when e->packet holds what came of a
// picture, whose number is its pts, 0 when nothing has after patience
// microseconds, -1 with a message.
int causeway_encoder_receive(causeway_encoder *e, int patience);

void causeway_encoder_close(causeway_encoder *e);
