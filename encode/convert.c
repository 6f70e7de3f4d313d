//go:build cgo

#include "convert.h"

// Why not libyuv: it knows BT.601 alone from BGRA to limited range, and H.264
// viewers that ignore what the bitstream says assume BT.709 from 720p on.

enum { luma_bits = 8, chroma_shift = 15 + 2, fine_shift = 15 };

static const int luma_bias = (16 << luma_bits) + (1 << (luma_bits - 1));
static const int chroma_bias = (128 << chroma_shift) + (1 << (chroma_shift - 1));

// Rows is two rows of pixels and where they go. At the last of an odd number
// of rows both halves are the same.
typedef struct {
	const uint8_t *src[2];
	uint8_t *y[2], *u, *v;
	int w;
} rows;

static uint8_t luma(const uint8_t *p, const causeway_weights *k) {
	return (k->y[0] * p[0] + k->y[1] * p[1] + k->y[2] * p[2] + luma_bias) >> luma_bits;
}

static uint8_t chroma(int b, int g, int r, const int16_t *k) {
	return (k[0] * b + k[1] * g + k[2] * r + chroma_bias) >> chroma_shift;
}

// from is a plain version that starts at column x, which is even.
static void from(const rows *s, int x, const causeway_weights *k) {
	for (int i = 0; i < 2; i++)
		for (int j = x; j < s->w; j++)
			s->y[i][j] = luma(s->src[i] + 4 * j, k);
	for (; x < s->w; x += 2) {
		int next = x + 1 < s->w ? 4 : 0;
		const uint8_t *p = s->src[0] + 4 * x, *q = s->src[1] + 4 * x;
		int b = p[0] + p[next] + q[0] + q[next];
		int g = p[1] + p[next + 1] + q[1] + q[next + 1];
		int r = p[2] + p[next + 2] + q[2] + q[next + 2];
		if (s->v) {
			s->u[x / 2] = chroma(b, g, r, k->u);
			s->v[x / 2] = chroma(b, g, r, k->v);
		} else {
			s->u[x] = chroma(b, g, r, k->u);
			s->u[x + 1] = chroma(b, g, r, k->v);
		}
	}
}

static const int fine_bias[3] = {
	(16 << fine_shift) + (1 << (fine_shift - 1)),
	(128 << fine_shift) + (1 << (fine_shift - 1)),
	(128 << fine_shift) + (1 << (fine_shift - 1)),
};

// row_444 is a row of I444 from column x on.
static void row_444(const uint8_t *src, int x, int w, uint8_t *const dst[3], const causeway_weights *k) {
	const int16_t *weights[3] = {k->fine, k->u, k->v};
	for (int i = 0; i < 3; i++) {
		const int16_t *q = weights[i];
		for (int j = x; j < w; j++) {
			const uint8_t *p = src + 4 * j;
			dst[i][j] = (q[0] * p[0] + q[1] * p[1] + q[2] * p[2] + fine_bias[i]) >> fine_shift;
		}
	}
}

#ifdef __x86_64__
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2"))) static

// put_luma writes the luma of 32 pixels. Pixels are made signed first, since
// the one instruction that multiplies bytes wants one side signed, and green's
// weight does not fit into seven bits.
AVX2 inline void put_luma(uint8_t *dst, const __m256i p[4], __m256i weights, __m256i bias) {
	const __m256i sign = _mm256_set1_epi8((char)0x80);
	__m256i m[4];
	for (int i = 0; i < 4; i++)
		m[i] = _mm256_maddubs_epi16(weights, _mm256_xor_si256(p[i], sign));
	__m256i a = _mm256_srli_epi16(_mm256_add_epi16(_mm256_hadd_epi16(m[0], m[1]), bias), luma_bits);
	__m256i b = _mm256_srli_epi16(_mm256_add_epi16(_mm256_hadd_epi16(m[2], m[3]), bias), luma_bits);
	// Packing works within halves; the permutation puts pixels in order.
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	_mm256_storeu_si256((__m256i *)dst, _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), order));
}

// sums adds up the colours of 4 blocks of 2 by 2 pixels.
AVX2 inline __m256i sums(__m256i top, __m256i bottom) {
	const __m256i pairs = _mm256_setr_epi8(
		0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15,
		0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
	const __m256i ones = _mm256_set1_epi8(1);
	return _mm256_add_epi16(
		_mm256_maddubs_epi16(_mm256_shuffle_epi8(top, pairs), ones),
		_mm256_maddubs_epi16(_mm256_shuffle_epi8(bottom, pairs), ones));
}

// chroma32 is U and V in turns for 2 rows of 32 pixels.
AVX2 inline __m256i chroma32(const __m256i p[4], const __m256i q[4], __m256i ku, __m256i kv) {
	const __m256i bias = _mm256_set1_epi32(chroma_bias);
	__m256i c[4];
	for (int i = 0; i < 4; i++) {
		__m256i s = sums(p[i], q[i]);
		__m256i uv = _mm256_hadd_epi32(_mm256_madd_epi16(s, ku), _mm256_madd_epi16(s, kv));
		c[i] = _mm256_srai_epi32(_mm256_add_epi32(uv, bias), chroma_shift);
	}
	__m256i all = _mm256_packus_epi16(_mm256_packs_epi32(c[0], c[1]), _mm256_packs_epi32(c[2], c[3]));
	const __m256i turns = _mm256_setr_epi8(
		0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15,
		0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(all, turns), order);
}

// put_planar writes 16 values of U and 16 of V from values in turns.
AVX2 inline void put_planar(uint8_t *u, uint8_t *v, __m256i uv) {
	const __m256i apart = _mm256_setr_epi8(
		0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15,
		0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
	uv = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(uv, apart), 0xd8);
	_mm_storeu_si128((__m128i *)u, _mm256_castsi256_si128(uv));
	_mm_storeu_si128((__m128i *)v, _mm256_extracti128_si256(uv, 1));
}

// from_avx2 converts as many pixels as fill whole vectors, and returns how
// many columns that was.
AVX2 int from_avx2(const rows *s, const causeway_weights *k) {
	const __m256i ky = _mm256_set1_epi32(k->y[0] | k->y[1] << 8 | k->y[2] << 16);
	const __m256i bias = _mm256_set1_epi16((short)(luma_bias + 128 * (k->y[0] + k->y[1] + k->y[2])));
	const __m256i ku = _mm256_setr_epi16(
		k->u[0], k->u[1], k->u[2], 0, k->u[0], k->u[1], k->u[2], 0,
		k->u[0], k->u[1], k->u[2], 0, k->u[0], k->u[1], k->u[2], 0);
	const __m256i kv = _mm256_setr_epi16(
		k->v[0], k->v[1], k->v[2], 0, k->v[0], k->v[1], k->v[2], 0,
		k->v[0], k->v[1], k->v[2], 0, k->v[0], k->v[1], k->v[2], 0);
	int x = 0;
	for (; x + 32 <= s->w; x += 32) {
		__m256i p[4], q[4];
		for (int i = 0; i < 4; i++) {
			p[i] = _mm256_loadu_si256((const __m256i *)(s->src[0] + 4 * x) + i);
			q[i] = _mm256_loadu_si256((const __m256i *)(s->src[1] + 4 * x) + i);
		}
		put_luma(s->y[0] + x, p, ky, bias);
		put_luma(s->y[1] + x, q, ky, bias);
		__m256i uv = chroma32(p, q, ku, kv);
		if (s->v)
			put_planar(s->u + x / 2, s->v + x / 2, uv);
		else
			_mm256_storeu_si256((__m256i *)(s->u + x), uv);
	}
	return x;
}
// fine_avx2 is one plane of I444 for 32 pixels. Rounding packs within halves,
// so pixels are put in order at the end.
AVX2 inline __m256i fine_avx2(const __m256i p[4], __m256i weights, __m256i bias) {
	const __m256i zero = _mm256_setzero_si256();
	__m256i c[4];
	for (int i = 0; i < 4; i++) {
		__m256i lo = _mm256_madd_epi16(_mm256_unpacklo_epi8(p[i], zero), weights);
		__m256i hi = _mm256_madd_epi16(_mm256_unpackhi_epi8(p[i], zero), weights);
		c[i] = _mm256_srai_epi32(_mm256_add_epi32(_mm256_hadd_epi32(lo, hi), bias), fine_shift);
	}
	__m256i all = _mm256_packus_epi16(_mm256_packs_epi32(c[0], c[1]), _mm256_packs_epi32(c[2], c[3]));
	return _mm256_permutevar8x32_epi32(all, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

// row_444_avx2 is row_444 for as many pixels as fill whole vectors; it returns
// how many that was.
AVX2 int row_444_avx2(const uint8_t *src, int w, uint8_t *const dst[3], const causeway_weights *k) {
	const int16_t *weights[3] = {k->fine, k->u, k->v};
	__m256i m[3], bias[3];
	for (int i = 0; i < 3; i++) {
		const int16_t *q = weights[i];
		m[i] = _mm256_setr_epi16(q[0], q[1], q[2], 0, q[0], q[1], q[2], 0, q[0], q[1], q[2], 0, q[0], q[1], q[2], 0);
		bias[i] = _mm256_set1_epi32(fine_bias[i]);
	}
	int x = 0;
	for (; x + 32 <= w; x += 32) {
		__m256i p[4];
		for (int i = 0; i < 4; i++)
			p[i] = _mm256_loadu_si256((const __m256i *)(src + 4 * x) + i);
		for (int i = 0; i < 3; i++)
			_mm256_storeu_si256((__m256i *)(dst[i] + x), fine_avx2(p, m[i], bias[i]));
	}
	return x;
}
#endif

void causeway_from_bgra(const uint8_t *src, ptrdiff_t src_stride, int w, int h,
	uint8_t *y, ptrdiff_t y_stride, uint8_t *u, ptrdiff_t u_stride,
	uint8_t *v, ptrdiff_t v_stride, const causeway_weights *weights) {
#ifdef __x86_64__
	int avx2 = __builtin_cpu_supports("avx2");
#endif
	for (int row = 0; row < h; row += 2) {
		int below = row + 1 < h;
		rows s = {
			{src + row * src_stride, src + (row + below) * src_stride},
			{y + row * y_stride, y + (row + below) * y_stride},
			u + row / 2 * u_stride, v ? v + row / 2 * v_stride : NULL, w,
		};
		int x = 0;
#ifdef __x86_64__
		if (avx2)
			x = from_avx2(&s, weights);
#endif
		from(&s, x, weights);
	}
}

void causeway_from_bgra_444(const uint8_t *src, ptrdiff_t src_stride, int w, int h,
	uint8_t *y, uint8_t *u, uint8_t *v, ptrdiff_t stride, const causeway_weights *weights) {
#ifdef __x86_64__
	int avx2 = __builtin_cpu_supports("avx2");
#endif
	for (int row = 0; row < h; row++, src += src_stride) {
		uint8_t *const dst[3] = {y + row * stride, u + row * stride, v + row * stride};
		int x = 0;
#ifdef __x86_64__
		if (avx2)
			x = row_444_avx2(src, w, dst, weights);
#endif
		row_444(src, x, w, dst, weights);
	}
}
