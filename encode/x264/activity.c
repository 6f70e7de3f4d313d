//go:build cgo && gpl

#include "shim.h"

#include <stdlib.h>
#include <string.h>

// Columns as wide as a piece are compared, one of every eight, in all rows.
enum { PIECE = 16, EVERY = 8 };

static inline int distance(uint8_t a, uint8_t b) { return a > b ? a - b : b - a; }

static inline int difference(const uint8_t *a, const uint8_t *b) {
	int d = 0;
	for (int x = 0; x < PIECE; x++)
		d += distance(a[x], b[x]);
	return d;
}

static inline int detail(const uint8_t *now) {
	int d = 0;
	for (int x = 1; x < PIECE; x++)
		d += distance(now[x], now[x - 1]);
	return d;
}

static inline int least(int a, int b) { return a < b ? a : b; }

int causeway_x264_activity(causeway_x264 *e, const uint8_t *y, int stride, int rows) {
	int height = e->param.i_height, columns = (e->param.i_width / PIECE + EVERY - 1) / EVERY;
	size_t width = columns * PIECE, size = width * height;
	if (!e->before) {
		if (!(e->before = calloc(2, size ? size : 1)))
			return -1;
		e->now = e->before + size;
	}
	int64_t inter = 0, intra = 0;
	for (int row = 0; row < height; row++) {
		uint8_t *now = e->now + row * width;
		const uint8_t *before = e->before + row * width;
		// Where what is in this row was before.
		int from = row - rows;
		const uint8_t *moved = from < 0 || from >= height ? before : e->before + from * width;
		for (int c = 0; c < columns; c++, now += PIECE, before += PIECE, moved += PIECE) {
			memcpy(now, y + (size_t)row * stride + (size_t)c * EVERY * PIECE, PIECE);
			int all = detail(now);
			intra += all;
			// What cannot be predicted from before is predicted from beside.
			int changed = least(all, difference(now, before));
			inter += rows && changed ? least(changed, difference(now, moved)) : changed;
		}
	}
	uint8_t *before = e->before;
	e->before = e->now;
	e->now = before;
	e->inter = inter;
	e->intra = intra;
	e->samples = (int64_t)size;
	return 0;
}
