//go:build cgo && gpl

#include "shim.h"

#include <string.h>

// Text that scrolls by an odd number of pixels is predicted to the bit in luma,
// but not in 4:2:0's chroma, which then moves by half a sample (ITU-T H.264
// §8.4.2.2.2): to mend it each time takes five times the bits of all else. What
// prediction makes of it is a little softer each time, which nobody sees in
// motion. So a block keeps that, and gets its own chroma in one of FRESH
// pictures: each sixteen rows of what scrolls have theirs, so that all pictures
// cost the same.
enum {
	BLOCK = 16,
	FRESH = 8,
	// ALIKE is how much luma may differ where something moved, and ASTRAY
	// chroma, summed over a block.
	ALIKE = 2 * BLOCK * BLOCK,
	ASTRAY = 12 * BLOCK * BLOCK / 2,
};

static inline int distance(int a, int b) { return a > b ? a - b : b - a; }

static int difference(const uint8_t *a, int a_stride, const uint8_t *b, int b_stride) {
	int d = 0;
	for (int y = 0; y < BLOCK; y++)
		for (int x = 0; x < BLOCK; x++)
			d += distance(a[y * a_stride + x], b[y * b_stride + x]);
	return d;
}

// predict makes a block's chroma of samples and those that are next bytes away,
// and returns how much it differs from what is there.
static int predict(uint8_t *to, const uint8_t *now, int now_stride, const uint8_t *from, int from_stride, int next) {
	int d = 0;
	for (int y = 0; y < BLOCK / 2; y++) {
		for (int x = 0; x < BLOCK; x++) {
			to[y * BLOCK + x] = (from[y * from_stride + x] + from[y * from_stride + x + next] + 1) >> 1;
			d += distance(to[y * BLOCK + x], now[y * now_stride + x]);
		}
	}
	return d;
}

const uint8_t *causeway_x264_carry(causeway_x264 *e, const uint8_t *y, int y_stride, const uint8_t *uv, int uv_stride,
	int columns, int rows) {
	int width = e->param.i_width, height = e->param.i_height, stride = e->shown_stride[1];
	for (int i = 0; i < height / 2; i++)
		memcpy(e->chroma + (size_t)i * width, uv + (size_t)i * uv_stride, width);
	// The chroma sample beside, of which half is taken.
	int next = rows & 1 ? stride : columns & 1 ? 2 : 0;
	e->travelled += rows + columns;
	for (int y0 = 0; y0 + BLOCK <= height; y0 += BLOCK) {
		for (int x0 = 0; x0 + BLOCK <= width; x0 += BLOCK) {
			int x = x0 - columns, from = y0 - rows;
			unsigned place = (rows ? y0 : x0) + BLOCK / 2 - e->travelled;
			if (x < 0 || x + BLOCK > width || from < 0 || from + BLOCK > height || place / BLOCK % FRESH == e->count % FRESH)
				continue;
			uint8_t block[BLOCK / 2 * BLOCK];
			uint8_t *now = e->chroma + (size_t)(y0 / 2) * width + x0;
			int d = predict(block, now, width, e->shown[1] + (size_t)(from >> 1) * stride + (x & ~1), stride, next);
			if (d == 0 || d > ASTRAY || difference(y + (size_t)y0 * y_stride + x0, y_stride,
				e->shown[0] + (size_t)from * e->shown_stride[0] + x, e->shown_stride[0]) > ALIKE)
				continue;
			for (int i = 0; i < BLOCK / 2; i++)
				memcpy(now + (size_t)i * width, block + i * BLOCK, BLOCK);
		}
	}
	return e->chroma;
}
