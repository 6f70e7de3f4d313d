//go:build cgo

#include "shim.h"

static void set_rate(vpx_codec_enc_cfg_t *c, int bps) {
	c->rc_target_bitrate = bps < 1000 ? 1 : bps / 1000;
}

static void configure(vpx_codec_enc_cfg_t *c, const causeway_vpx_options *o) {
	c->g_w = o->width;
	c->g_h = o->height;
	// Frames are numbered and each lasts one unit: the rate control is then
	// exact, whatever the capture's jitter.
	c->g_timebase.num = 1;
	c->g_timebase.den = o->fps;
	c->g_threads = o->threads;
	c->g_pass = VPX_RC_ONE_PASS;
	c->g_lag_in_frames = 0;
	c->g_error_resilient = 0;
	c->kf_mode = VPX_KF_DISABLED;
	c->rc_end_usage = VPX_CBR;
	c->rc_min_quantizer = o->best;
	c->rc_max_quantizer = 63;
	c->rc_undershoot_pct = 100;
	c->rc_overshoot_pct = 15;
	c->rc_buf_sz = o->buffer_ms;
	c->rc_buf_initial_sz = o->buffer_ms / 2;
	c->rc_buf_optimal_sz = o->buffer_ms * 2 / 3;
	// VP9 keeps to its rate without; see rate control of either.
	c->rc_dropframe_thresh = o->vp9 ? 0 : 30;
	c->rc_resize_allowed = 0;
	set_rate(c, o->bps);
}

// A negative speed is taken as it is; a positive one of VP8 is a wish that
// libvpx adapts to how busy the machine is.
static int control_vp8(vpx_codec_ctx_t *c, const causeway_vpx_options *o) {
	return vpx_codec_control(c, VP8E_SET_CPUUSED, -o->speed) ||
		vpx_codec_control(c, VP8E_SET_TOKEN_PARTITIONS, o->parts) ||
		vpx_codec_control(c, VP8E_SET_NOISE_SENSITIVITY, 0) ||
		vpx_codec_control(c, VP8E_SET_STATIC_THRESHOLD, 1) ||
		vpx_codec_control(c, VP8E_SET_SCREEN_CONTENT_MODE, 1);
}

static int control_vp9(vpx_codec_ctx_t *c, const causeway_vpx_options *o) {
	return vpx_codec_control(c, VP8E_SET_CPUUSED, o->speed) ||
		vpx_codec_control(c, VP9E_SET_TILE_COLUMNS, o->parts) ||
		vpx_codec_control(c, VP9E_SET_ROW_MT, o->threads > 1) ||
		vpx_codec_control(c, VP9E_SET_TUNE_CONTENT, VP9E_CONTENT_SCREEN) ||
		vpx_codec_control(c, VP9E_SET_AQ_MODE, 3) ||
		vpx_codec_control(c, VP9E_SET_FRAME_PARALLEL_DECODING, 0) ||
		vpx_codec_control(c, VP9E_SET_NOISE_SENSITIVITY, 0) ||
		vpx_codec_control(c, VP9E_SET_COLOR_SPACE, VPX_CS_BT_709) ||
		vpx_codec_control(c, VP9E_SET_COLOR_RANGE, VPX_CR_STUDIO_RANGE);
}

int causeway_vpx_open(causeway_vpx_encoder *e, const causeway_vpx_options *o) {
	vpx_codec_iface_t *format = o->vp9 ? vpx_codec_vp9_cx() : vpx_codec_vp8_cx();
	int rc = vpx_codec_enc_config_default(format, &e->config, 0);
	if (rc)
		return rc;
	configure(&e->config, o);
	if ((rc = vpx_codec_enc_init(&e->context, format, &e->config, 0)))
		return rc;
	vpx_codec_ctx_t *c = &e->context;
	if ((rc = vpx_codec_control(c, VP8E_SET_MAX_INTRA_BITRATE_PCT, o->max_intra_percent)) ||
		(rc = o->vp9 ? control_vp9(c, o) : control_vp8(c, o)))
		return rc;
	// The planes are set with each frame.
	vpx_img_wrap(&e->picture, VPX_IMG_FMT_I420, o->width, o->height, 1, (unsigned char *)"");
	if (o->vp9)
		e->picture.cs = VPX_CS_BT_709;
	return 0;
}

int causeway_vpx_encode(causeway_vpx_encoder *e, const uint8_t *y, int y_stride,
	const uint8_t *u, int u_stride, const uint8_t *v, int v_stride, bool key, int worst) {
	int rc = 0;
	if (worst != (int)e->config.rc_max_quantizer) {
		e->config.rc_max_quantizer = worst;
		if ((rc = vpx_codec_enc_config_set(&e->context, &e->config)))
			return rc;
	}
	// libvpx reads these planes and no more; it never learnt to say const.
	e->picture.planes[0] = (unsigned char *)y;
	e->picture.planes[1] = (unsigned char *)u;
	e->picture.planes[2] = (unsigned char *)v;
	e->picture.stride[0] = y_stride;
	e->picture.stride[1] = u_stride;
	e->picture.stride[2] = v_stride;
	e->size = 0;
	rc = vpx_codec_encode(&e->context, &e->picture, e->count++, 1, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
	if (rc)
		return rc;
	vpx_codec_iter_t iter = NULL;
	const vpx_codec_cx_pkt_t *p;
	while ((p = vpx_codec_get_cx_data(&e->context, &iter)))
		if (p->kind == VPX_CODEC_CX_FRAME_PKT) {
			e->out = p->data.frame.buf;
			e->size = p->data.frame.sz;
		}
	return 0;
}

int causeway_vpx_set_bitrate(causeway_vpx_encoder *e, int bps) {
	set_rate(&e->config, bps);
	return vpx_codec_enc_config_set(&e->context, &e->config);
}

int causeway_vpx_open_decoder(causeway_vpx_decoder *d, bool vp9) {
	return vpx_codec_dec_init(&d->context, vp9 ? vpx_codec_vp9_dx() : vpx_codec_vp8_dx(), NULL, 0);
}

int causeway_vpx_decode(causeway_vpx_decoder *d, const uint8_t *data, int size) {
	d->picture = NULL;
	int rc = vpx_codec_decode(&d->context, data, size, NULL, 0);
	if (rc)
		return rc;
	vpx_codec_iter_t iter = NULL;
	d->picture = vpx_codec_get_frame(&d->context, &iter);
	return 0;
}

const char *causeway_vpx_error(vpx_codec_ctx_t *c) {
	const char *detail = vpx_codec_error_detail(c);
	return detail ? detail : vpx_codec_error(c);
}
