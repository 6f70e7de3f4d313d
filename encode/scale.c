//go:build cgo

#include "scale.h"

#include <string.h>

enum { tap_bits = 8, half = 1 << (2 * tap_bits - 1) };

#define INLINE static inline __attribute__((always_inline))

// add_row adds a row to the sums, which the compiler turns into vectors.
INLINE void add_row(uint16_t *restrict row, const uint8_t *restrict src, int n, uint16_t weight) {
	for (int i = 0; i < n; i++)
		row[i] += (uint16_t)(weight * src[i]);
}

// squeeze makes a row of smaller pixels from sums.
INLINE void squeeze(uint8_t *restrict dst, const uint16_t *restrict row, const causeway_taps *x, int columns, int samples) {
	for (int i = 0; i < columns; i++, dst += samples) {
		const uint16_t *from = row + (ptrdiff_t)(x[i].at - x[0].at) * samples;
		uint32_t sum[4] = {half, half, half, half};
		for (int j = 0; j < x[i].n; j++, from += samples)
			for (int s = 0; s < samples; s++)
				sum[s] += (uint32_t)x[i].weights[j] * from[s];
		for (int s = 0; s < samples; s++)
			dst[s] = sum[s] >> (2 * tap_bits);
	}
}

INLINE void sum_rows(uint16_t *row, int n, const uint8_t *src, ptrdiff_t src_stride, const causeway_taps *y) {
	memset(row, 0, n * sizeof *row);
	for (int j = 0; j < y->n; j++)
		add_row(row, src + (y->at + j) * src_stride, n, y->weights[j]);
}

static void scale(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int samples,
	const causeway_taps *x, int columns, const causeway_taps *y, int rows, uint16_t *row) {
	int n = (x[columns - 1].at + x[columns - 1].n - x[0].at) * samples;
	for (int i = 0; i < rows; i++, dst += dst_stride) {
		sum_rows(row, n, src, src_stride, &y[i]);
		squeeze(dst, row, x, columns, samples);
	}
}

#ifdef __x86_64__
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2"))) static

// squeeze4 is squeeze for four samples. Sums are made signed first, since the
// instruction that multiplies and adds pairs knows no others; weights add up
// to one, so what is taken off is a constant. Past the last tap a weight is
// zero, and row has room to be read there.
AVX2 void squeeze4(uint8_t *dst, const uint16_t *row, const causeway_taps *x, int columns) {
	const __m128i sign = _mm_set1_epi16((short)0x8000), start = _mm_set1_epi32(half + (0x8000 << tap_bits));
	for (int i = 0; i < columns; i++) {
		const uint16_t *from = row + (ptrdiff_t)(x[i].at - x[0].at) * 4;
		__m128i sum = start;
		for (int j = 0; j < x[i].n; j += 2, from += 8) {
			int pair;
			memcpy(&pair, &x[i].weights[j], sizeof pair);
			__m128i two = _mm_loadu_si128((const __m128i *)from);
			__m128i pairs = _mm_unpacklo_epi16(two, _mm_srli_si128(two, 8));
			sum = _mm_add_epi32(sum, _mm_madd_epi16(_mm_xor_si128(pairs, sign), _mm_set1_epi32(pair)));
		}
		__m128i p = _mm_packus_epi32(_mm_srli_epi32(sum, 2 * tap_bits), sum);
		int pixel = _mm_cvtsi128_si32(_mm_packus_epi16(p, p));
		memcpy(dst + 4 * i, &pixel, sizeof pixel);
	}
}

AVX2 void scale4_avx2(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride,
	const causeway_taps *x, int columns, const causeway_taps *y, int rows, uint16_t *row) {
	int n = (x[columns - 1].at + x[columns - 1].n - x[0].at) * 4;
	for (int i = 0; i < rows; i++, dst += dst_stride) {
		sum_rows(row, n, src, src_stride, &y[i]);
		squeeze4(dst, row, x, columns);
	}
}
#endif

void causeway_scale(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int samples,
	const causeway_taps *x, int columns, const causeway_taps *y, int rows, uint16_t *row) {
	src += (ptrdiff_t)x[0].at * samples;
#ifdef __x86_64__
	if (samples == 4 && __builtin_cpu_supports("avx2")) {
		scale4_avx2(dst, dst_stride, src, src_stride, x, columns, y, rows, row);
		return;
	}
#endif
	scale(dst, dst_stride, src, src_stride, samples, x, columns, y, rows, row);
}
