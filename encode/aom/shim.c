//go:build cgo

#include "shim.h"

// Quantisers go from 0, which is lossless and several times as large as the
// next, to 63. For a screen libaom refuses to go down by more than a sixteenth
// of the range at once, and where asserts are compiled in, it ends the process
// rather than obey a bound below that, or one that leaves no choice: STEP and
// LEAST keep away from either.
// After SETTLE frames as fine as can be, nothing is left to improve.
enum { FINEST = 1, LEAST = 4, COARSEST = 63, STEP = 3, SETTLE = 4, SAME = 40 };

// libaom exceeds its target by some five percent.
static void set_rate(aom_codec_enc_cfg_t *c, int bps) {
	bps -= bps / 20;
	c->rc_target_bitrate = bps < 1000 ? 1 : bps / 1000;
}

static void configure(aom_codec_enc_cfg_t *c, const causeway_aom_options *o) {
	c->g_profile = o->full;
	c->g_w = o->width;
	c->g_h = o->height;
	// Frames are numbered and each lasts one unit: the rate control is then
	// exact, whatever the capture's jitter.
	c->g_timebase.num = 1;
	c->g_timebase.den = o->fps;
	c->g_threads = o->threads;
	c->g_pass = AOM_RC_ONE_PASS;
	c->g_lag_in_frames = 0;
	c->g_error_resilient = 0;
	c->kf_mode = AOM_KF_DISABLED;
	c->rc_end_usage = AOM_CBR;
	c->rc_min_quantizer = FINEST;
	c->rc_max_quantizer = COARSEST;
	c->rc_undershoot_pct = 50;
	c->rc_overshoot_pct = 15;
	c->rc_buf_sz = o->buffer_ms;
	c->rc_buf_initial_sz = o->buffer_ms / 2;
	c->rc_buf_optimal_sz = o->buffer_ms * 2 / 3;
	c->rc_dropframe_thresh = 0;
	c->rc_resize_mode = 0;
	c->rc_superres_mode = 0;
	set_rate(c, o->bps);
}

// The tools of the format that cost more time than they save bits in one pass
// without lookahead, and those that serve films.
static int leave_out(aom_codec_ctx_t *c) {
	return aom_codec_control(c, AV1E_SET_ENABLE_TPL_MODEL, 0) ||
		aom_codec_control(c, AV1E_SET_DELTAQ_MODE, 0) ||
		aom_codec_control(c, AV1E_SET_ENABLE_ORDER_HINT, 0) ||
		aom_codec_control(c, AV1E_SET_ENABLE_OBMC, 0) ||
		aom_codec_control(c, AV1E_SET_ENABLE_WARPED_MOTION, 0) ||
		aom_codec_control(c, AV1E_SET_ENABLE_GLOBAL_MOTION, 0) ||
		aom_codec_control(c, AV1E_SET_ENABLE_REF_FRAME_MVS, 0) ||
		aom_codec_control(c, AV1E_SET_ENABLE_RESTORATION, 0) ||
		aom_codec_control(c, AV1E_SET_ENABLE_QM, 0) ||
		aom_codec_control(c, AV1E_SET_NOISE_SENSITIVITY, 0) ||
		aom_codec_control(c, AV1E_SET_COEFF_COST_UPD_FREQ, 3) ||
		aom_codec_control(c, AV1E_SET_MODE_COST_UPD_FREQ, 3) ||
		aom_codec_control(c, AV1E_SET_MV_COST_UPD_FREQ, 3);
}

static int tell_colours(aom_codec_ctx_t *c, bool full) {
	return aom_codec_control(c, AV1E_SET_COLOR_PRIMARIES, AOM_CICP_CP_BT_709) ||
		aom_codec_control(c, AV1E_SET_TRANSFER_CHARACTERISTICS, AOM_CICP_TC_BT_709) ||
		aom_codec_control(c, AV1E_SET_MATRIX_COEFFICIENTS, full ? AOM_CICP_MC_BT_601 : AOM_CICP_MC_BT_709) ||
		aom_codec_control(c, AV1E_SET_COLOR_RANGE, AOM_CR_STUDIO_RANGE);
}

int causeway_aom_open(causeway_aom_encoder *e, const causeway_aom_options *o) {
	aom_codec_iface_t *av1 = aom_codec_av1_cx();
	int rc = aom_codec_enc_config_default(av1, &e->config, AOM_USAGE_REALTIME);
	if (rc)
		return rc;
	configure(&e->config, o);
	e->intra_percent = o->max_intra_percent;
	if ((rc = aom_codec_enc_init(&e->context, av1, &e->config, 0)))
		return rc;
	aom_codec_ctx_t *c = &e->context;
	if ((rc = aom_codec_control(c, AOME_SET_CPUUSED, o->speed)) ||
		(rc = aom_codec_control(c, AV1E_SET_TUNE_CONTENT, AOM_CONTENT_SCREEN)) ||
		(rc = aom_codec_control(c, AV1E_SET_ENABLE_PALETTE, 1)) ||
		(rc = aom_codec_control(c, AV1E_SET_AQ_MODE, 3)) ||
		(rc = aom_codec_control(c, AV1E_SET_ROW_MT, o->threads > 1)) ||
		(rc = aom_codec_control(c, AV1E_SET_TILE_COLUMNS, o->tile_columns)) ||
		(rc = aom_codec_control(c, AOME_SET_MAX_INTRA_BITRATE_PCT, o->max_intra_percent)) ||
		(rc = leave_out(c)) || (rc = tell_colours(c, o->full)))
		return rc;
	// The planes are set with each frame.
	aom_img_wrap(&e->picture, o->full ? AOM_IMG_FMT_I444 : AOM_IMG_FMT_I420, o->width, o->height, 1, (unsigned char *)"");
	return 0;
}

// refine bounds the quantisers of the next frame. finer asks for a finer one
// than the last. Where that is none, all that is left to do is to say that the
// picture is the same, which coarse quantisers do in the fewest bytes.
static int refine(causeway_aom_encoder *e, bool finer) {
	int last = COARSEST, rc = 0;
	if (finer && (rc = aom_codec_control(&e->context, AOME_GET_LAST_QUANTIZER_64, &last)))
		return rc;
	bool settled = finer && e->finest > SETTLE;
	if (!settled)
		e->finest = finer && last <= LEAST ? e->finest + 1 : 0;
	unsigned best = settled ? SAME : FINEST, worst = COARSEST;
	if (finer && !settled)
		worst = last > STEP + LEAST ? last - STEP : LEAST;
	if (best == e->config.rc_min_quantizer && worst == e->config.rc_max_quantizer)
		return 0;
	e->config.rc_min_quantizer = best;
	e->config.rc_max_quantizer = worst;
	return aom_codec_enc_config_set(&e->context, &e->config);
}

// encode encodes the picture into e->out.
static int encode(causeway_aom_encoder *e, bool key) {
	e->size = 0;
	int rc = aom_codec_encode(&e->context, &e->picture, e->count++, 1, key ? AOM_EFLAG_FORCE_KF : 0);
	if (rc)
		return rc;
	aom_codec_iter_t iter = NULL;
	const aom_codec_cx_pkt_t *p;
	while ((p = aom_codec_get_cx_data(&e->context, &iter)))
		if (p->kind == AOM_CODEC_CX_FRAME_PKT) {
			e->out = p->data.frame.buf;
			e->size = p->data.frame.sz;
			e->key = p->data.frame.flags & AOM_FRAME_IS_KEY;
		}
	return 0;
}

// dearest is the size in bytes of the largest key frame worth sending, twice what a
// key frame is to take. Palettes do not heed the quantiser, so that a key frame
// of noise can be as large as the noise is; it is then coded without.
static int dearest(const causeway_aom_encoder *e) {
	return 2 * e->intra_percent / 100 * (e->config.rc_target_bitrate * 1000 / 8 / e->config.g_timebase.den);
}

int causeway_aom_encode(causeway_aom_encoder *e, const uint8_t *y, int y_stride,
	const uint8_t *u, int u_stride, const uint8_t *v, int v_stride, bool key, bool finer) {
	int rc = refine(e, finer);
	if (rc)
		return rc;
	// libaom reads these planes and no more; it never learnt to say const.
	e->picture.planes[0] = (unsigned char *)y;
	e->picture.planes[1] = (unsigned char *)u;
	e->picture.planes[2] = (unsigned char *)v;
	e->picture.stride[0] = y_stride;
	e->picture.stride[1] = u_stride;
	e->picture.stride[2] = v_stride;
	if ((rc = encode(e, key)) || !e->key || e->size <= dearest(e))
		return rc;
	if ((rc = aom_codec_control(&e->context, AV1E_SET_ENABLE_PALETTE, 0)) || (rc = encode(e, true)))
		return rc;
	return aom_codec_control(&e->context, AV1E_SET_ENABLE_PALETTE, 1);
}

int causeway_aom_set_bitrate(causeway_aom_encoder *e, int bps) {
	set_rate(&e->config, bps);
	return aom_codec_enc_config_set(&e->context, &e->config);
}

int causeway_aom_open_decoder(causeway_aom_decoder *d) {
	return aom_codec_dec_init(&d->context, aom_codec_av1_dx(), NULL, 0);
}

int causeway_aom_decode(causeway_aom_decoder *d, const uint8_t *data, int size) {
	d->picture = NULL;
	int rc = aom_codec_decode(&d->context, data, size, NULL);
	if (rc)
		return rc;
	aom_codec_iter_t iter = NULL;
	d->picture = aom_codec_get_frame(&d->context, &iter);
	return 0;
}

const char *causeway_aom_error(aom_codec_ctx_t *c) {
	const char *detail = aom_codec_error_detail(c);
	return detail ? detail : aom_codec_error(c);
}
