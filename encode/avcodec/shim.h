#include <stddef.h>
#include <stdint.h>

// The leading fields of FFmpeg's AVPacket and AVFrame. FFmpeg adds fields at
// the end and forbids programs to know a struct's size; these leading ones are
// the same in all of the sonames that library.go tries. Both are allocated by
// FFmpeg.
typedef struct {
	void *buf;
	int64_t pts, dts;
	uint8_t *data;
	int size;
} causeway_packet;

typedef struct {
	uint8_t *data[8];
	int linesize[8];
	uint8_t **extended_data;
	int width, height, nb_samples, format;
} causeway_frame;

// The functions that are looked up in the two libraries. X is given the name
// and the type of a pointer to it.
#define CAUSEWAY_AVUTIL(X) \
	X(av_log_set_level, void (*)(int)) \
	X(av_opt_set, int (*)(void *, const char *, const char *, int)) \
	X(av_strerror, int (*)(int, char *, size_t)) \
	X(av_frame_alloc, causeway_frame *(*)(void)) \
	X(av_frame_free, void (*)(causeway_frame **))
#define CAUSEWAY_AVCODEC(X) \
	X(avcodec_find_decoder_by_name, const void *(*)(const char *)) \
	X(avcodec_alloc_context3, void *(*)(const void *)) \
	X(avcodec_open2, int (*)(void *, const void *, void **)) \
	X(avcodec_free_context, void (*)(void **)) \
	X(avcodec_send_packet, int (*)(void *, const causeway_packet *)) \
	X(avcodec_receive_frame, int (*)(void *, causeway_frame *)) \
	X(av_packet_alloc, causeway_packet *(*)(void)) \
	X(av_packet_free, void (*)(causeway_packet **)) \
	X(av_packet_unref, void (*)(causeway_packet *)) \
	X(av_new_packet, int (*)(causeway_packet *, int))

typedef struct {
	void *avutil, *avcodec;
#define X(name, type) __typeof__((type)0) name;
	CAUSEWAY_AVUTIL(X)
	CAUSEWAY_AVCODEC(X)
#undef X
} causeway_av;

typedef struct {
	const causeway_av *av;
	void *context;
	causeway_packet *packet;
	causeway_frame *frame;
	// message is the last error.
	char message[256];
} causeway_decoder;

// causeway_av_load opens the two libraries by name and fills in av. It returns
// NULL, or the name of what is missing: a library or a function.
const char *causeway_av_load(causeway_av *av, const char *avutil, const char *avcodec);

// causeway_decoder_open fills in d, which is zero but for av, and returns 0 or
// -1 with a message.
int causeway_decoder_open(causeway_decoder *d, const char *codec);

// causeway_decode returns 1 when d->frame holds a picture, 0 when it does not,
// -1 with a message.
int causeway_decode(causeway_decoder *d, const uint8_t *data, int size);

void causeway_decoder_close(causeway_decoder *d);
