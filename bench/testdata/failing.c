// A libavcodec in front of the real one, whose encoders fail once the file that
// FAILING_WHEN names is there, as its first letter says: h hangs, e returns an
// error, g returns garbage. REAL_LIBAVCODEC is the path of the real one.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *real(const char *name) {
	static void *library;
	if (!library)
		library = dlopen(getenv("REAL_LIBAVCODEC"), RTLD_NOW | RTLD_LOCAL);
	return dlsym(library, name);
}

static char fault(void) {
	char c = 0;
	int fd = open(getenv("FAILING_WHEN"), O_RDONLY);
	if (fd >= 0) {
		if (read(fd, &c, 1) < 1)
			c = 0;
		close(fd);
	}
	return c;
}

typedef void *(*function)(void *, void *, void *);
#define PASS(name) \
	void *name(void *a, void *b, void *c) { return ((function)real(#name))(a, b, c); }
PASS(avcodec_version)
PASS(avcodec_find_decoder_by_name)
PASS(avcodec_find_encoder_by_name)
PASS(avcodec_alloc_context3)
PASS(avcodec_open2)
PASS(avcodec_free_context)
PASS(avcodec_parameters_alloc)
PASS(avcodec_parameters_free)
PASS(avcodec_parameters_from_context)
PASS(avcodec_parameters_to_context)
PASS(avcodec_send_packet)
PASS(avcodec_receive_frame)
PASS(av_packet_alloc)
PASS(av_packet_free)
PASS(av_packet_unref)
PASS(av_new_packet)

int avcodec_send_frame(void *context, const void *frame) {
	char f = fault();
	while (f == 'h')
		pause();
	return f == 'e' ? -5 : ((int (*)(void *, const void *))real("avcodec_send_frame"))(context, frame);
}

typedef struct {
	void *buf;
	int64_t pts, dts;
	uint8_t *data;
	int size;
} packet;

int avcodec_receive_packet(void *context, packet *p) {
	int rc = ((int (*)(void *, packet *))real("avcodec_receive_packet"))(context, p);
	if (rc >= 0 && fault() == 'g')
		memset(p->data, 0xaa, p->size);
	return rc;
}
