#include <stdint.h>
#include <x264.h>

typedef struct {
	x264_t *x264;
	x264_param_t param;
	// out is the last access unit, size bytes that libx264 owns.
	const uint8_t *out;
	int size, key;
	int64_t count;
	// message is the last error that libx264 reported.
	char message[256];
} causeway_x264;

// causeway_x264_open fills in e, which is zero, and returns 0, or -1 with a
// message.
int causeway_x264_open(causeway_x264 *e, int width, int height, int fps, int threads, int bps, int buffer_bits);

// causeway_x264_encode encodes one NV12 picture and returns 0, or -1 with a
// message.
int causeway_x264_encode(causeway_x264 *e, const uint8_t *y, int y_stride, const uint8_t *uv, int uv_stride, int key);

int causeway_x264_set_rate(causeway_x264 *e, int bps, int buffer_bits);

void causeway_x264_close(causeway_x264 *e);
