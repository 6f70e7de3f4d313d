#ifndef CAUSEWAY_SCALE_H
#define CAUSEWAY_SCALE_H

#include <stddef.h>
#include <stdint.h>

// Taps of a column or row: see the Go type of that name.
typedef struct {
	int32_t at, n;
	uint16_t weights[6];
} causeway_taps;

// causeway_scale makes columns by rows pixels of samples bytes each, from dst
// on, of the plane src. row has room for a row of src.
void causeway_scale(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int samples,
	const causeway_taps *x, int columns, const causeway_taps *y, int rows, uint16_t *row);

#endif
