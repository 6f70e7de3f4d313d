//go:build cgo && gpl

#include "shim.h"

#include <stdlib.h>
#include <string.h>

// Rows are compared in pieces of so many pixels, and every eighth row is.
enum { PIECE = 16, EVERY = 8 };

static inline int distance(uint8_t a, uint8_t b) { return a > b ? a - b : b - a; }

// One piece: how much it differs from before, and how much there is in it.
static inline void compare(const uint8_t *now, const uint8_t *before, int *changed, int *detail) {
	int c = 0, d = 0;
	for (int x = 0; x < PIECE; x++)
		c += distance(now[x], before[x]);
	for (int x = 1; x < PIECE; x++)
		d += distance(now[x], now[x - 1]);
	*changed = c;
	*detail = d;
}

int causeway_x264_activity(causeway_x264 *e, const uint8_t *y, int stride) {
	int width = e->param.i_width / PIECE * PIECE, height = e->param.i_height;
	if (!e->before && !(e->before = calloc((height + EVERY - 1) / EVERY, width ? width : 1)))
		return -1;
	int64_t inter = 0, intra = 0;
	uint8_t *before = e->before;
	for (int row = 0; row < height; row += EVERY, before += width) {
		const uint8_t *now = y + (size_t)row * stride;
		for (int x = 0; x < width; x += PIECE) {
			int changed, detail;
			compare(now + x, before + x, &changed, &detail);
			intra += detail;
			// What cannot be predicted from before is predicted from beside.
			inter += changed < detail ? changed : detail;
		}
		memcpy(before, now, width);
	}
	e->inter = inter;
	e->intra = intra;
	e->samples = (int64_t)width * ((height + EVERY - 1) / EVERY);
	return 0;
}
