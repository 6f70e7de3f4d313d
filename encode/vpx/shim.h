#include <stdbool.h>
#include <stdint.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

typedef struct {
	vpx_codec_ctx_t context;
	vpx_codec_enc_cfg_t config;
	vpx_image_t picture;
	int64_t count;
	// out is the last frame, size bytes that libvpx owns; size is 0 when the
	// frame was dropped.
	const uint8_t *out;
	int size;
} causeway_vpx_encoder;

typedef struct {
	bool vp9;
	int width, height, fps, threads, bps;
	int speed, parts, buffer_ms, max_intra_percent, best;
} causeway_vpx_options;

// These return 0, or what causeway_vpx_error explains.
int causeway_vpx_open(causeway_vpx_encoder *e, const causeway_vpx_options *o);
int causeway_vpx_encode(causeway_vpx_encoder *e, const uint8_t *y, int y_stride,
	const uint8_t *u, int u_stride, const uint8_t *v, int v_stride, bool key, int worst);
int causeway_vpx_set_bitrate(causeway_vpx_encoder *e, int bps);

typedef struct {
	vpx_codec_ctx_t context;
	// picture is the last one, or NULL.
	const vpx_image_t *picture;
} causeway_vpx_decoder;

int causeway_vpx_open_decoder(causeway_vpx_decoder *d, bool vp9);
int causeway_vpx_decode(causeway_vpx_decoder *d, const uint8_t *data, int size);

// causeway_vpx_error says what the last error was.
const char *causeway_vpx_error(vpx_codec_ctx_t *c);
