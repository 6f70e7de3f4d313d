#include <stdint.h>
#include <x264.h>

typedef struct {
	x264_t *x264;
	x264_param_t param;
	// out is the last access unit, size bytes that libx264 owns.
	const uint8_t *out;
	int size, key;
	int64_t count;
	// before and now hold an eighth of the luma of the last picture and of the
	// one at hand: columns of it, side by side.
	uint8_t *before, *now;
	// What the last picture has in it, in levels summed over the sampled
	// pixels: what changed, and all there is.
	int64_t inter, intra, samples;
	// shown is the last picture as viewers have it, in libx264's memory, and chroma
	// is where causeway_x264_carry makes some.
	const uint8_t *shown[2];
	int shown_stride[2];
	uint8_t *chroma;
	unsigned travelled;
	// same has a flag for each macroblock: whether it is as in the last picture.
	uint8_t *same;
	int columns, rows;
	// message is the last error that libx264 reported.
	char message[256];
} causeway_x264;

// causeway_x264_open fills in e, which is zero, and returns 0, or -1 with a
// message. With full, pictures are I444 and the profile is High 4:4:4
// Predictive; without, they are NV12 and it is Constrained Baseline.
int causeway_x264_open(causeway_x264 *e, int width, int height, int fps, int threads, int full);

// causeway_x264_activity compares a picture's luma with that of the call
// before, of which something may have moved down by rows, and fills in inter,
// intra and samples. It returns 0, or -1 without memory.
int causeway_x264_activity(causeway_x264 *e, const uint8_t *y, int stride, int rows);

// causeway_x264_mark says that the macroblocks of the next picture are the same as
// in the last, or that nothing is known of any, and causeway_x264_mark_changed
// that those within x0 ≤ x < x1, y0 ≤ y < y1 may differ.
void causeway_x264_mark(causeway_x264 *e, int same);
void causeway_x264_mark_changed(causeway_x264 *e, int x0, int y0, int x1, int y1);

// causeway_x264_carry returns the chroma of a picture of NV12, without gaps
// between rows, in which most of what moved right and down by columns and rows,
// of which one is 0, has the chroma that comes for nothing.
const uint8_t *causeway_x264_carry(causeway_x264 *e, const uint8_t *y, int y_stride, const uint8_t *uv, int uv_stride,
	int columns, int rows);

// causeway_x264_search says whether the next picture of NV12 is searched for
// what scrolled, or for what moves a little.
int causeway_x264_search(causeway_x264 *e, int scrolled);

// causeway_x264_encode encodes one picture of I444 or, without v, NV12 at
// quantiser qp and returns 0, or -1 with a message.
int causeway_x264_encode(causeway_x264 *e, const uint8_t *y, int y_stride, const uint8_t *u, int u_stride,
	const uint8_t *v, int v_stride, int qp, int key);

void causeway_x264_close(causeway_x264 *e);
