#include <stddef.h>
#include <stdint.h>

// The weights of blue, green and red; see type forward in matrix.go.
typedef struct {
	uint8_t y[3];
	int16_t u[3], v[3], fine[3];
} causeway_weights;

// causeway_from_bgra turns w by h pixels of BGRA into I420, or into NV12 when
// v is NULL. It uses the widest vectors that the processor has.
void causeway_from_bgra(const uint8_t *src, ptrdiff_t src_stride, int w, int h,
	uint8_t *y, ptrdiff_t y_stride, uint8_t *u, ptrdiff_t u_stride,
	uint8_t *v, ptrdiff_t v_stride, const causeway_weights *weights);

// causeway_from_bgra_444 turns w by h pixels of BGRA into I444, whose planes
// have one stride.
void causeway_from_bgra_444(const uint8_t *src, ptrdiff_t src_stride, int w, int h,
	uint8_t *y, uint8_t *u, uint8_t *v, ptrdiff_t stride, const causeway_weights *weights);
