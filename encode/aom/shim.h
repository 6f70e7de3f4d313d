#include <aom/aom_decoder.h>
#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <aom/aomdx.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
	aom_codec_ctx_t context;
	aom_codec_enc_cfg_t config;
	aom_image_t picture;
	int64_t count;
	int intra_percent; // of its share that a key frame is to take
	// finest counts the frames in a row that were as fine as can be.
	int finest;
	// out is the last frame, size bytes that libaom owns; size is 0 when the
	// frame was dropped.
	const uint8_t *out;
	int size;
	bool key;
} causeway_aom_encoder;

typedef struct {
	int width, height, fps, threads, bps;
	int speed, tile_columns, buffer_ms, max_intra_percent;
	bool full; // 4:4:4, in BT.601
} causeway_aom_options;

// These return 0, or what causeway_aom_error explains.
int causeway_aom_open(causeway_aom_encoder *e, const causeway_aom_options *o);
int causeway_aom_encode(causeway_aom_encoder *e, const uint8_t *y, int y_stride,
	const uint8_t *u, int u_stride, const uint8_t *v, int v_stride, bool key, bool finer);
int causeway_aom_set_bitrate(causeway_aom_encoder *e, int bps);

typedef struct {
	aom_codec_ctx_t context;
	// picture is the last one, or NULL.
	const aom_image_t *picture;
} causeway_aom_decoder;

int causeway_aom_open_decoder(causeway_aom_decoder *d);
int causeway_aom_decode(causeway_aom_decoder *d, const uint8_t *data, int size);

// causeway_aom_error says what the last error was.
const char *causeway_aom_error(aom_codec_ctx_t *c);
