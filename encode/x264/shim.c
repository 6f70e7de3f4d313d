//go:build cgo && gpl

#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep_message(void *private, int level, const char *format, va_list args) {
	causeway_x264 *e = private;
	int n = vsnprintf(e->message, sizeof e->message, format, args);
	if (n > 0 && n < (int)sizeof e->message && e->message[n - 1] == '\n')
		e->message[n - 1] = 0;
}

int causeway_x264_open(causeway_x264 *e, int width, int height, int fps, int threads, int full) {
	x264_param_t *p = &e->param;
	if (x264_param_default_preset(p, "ultrafast", "zerolatency") < 0)
		return -1;
	p->pf_log = keep_message;
	p->p_log_private = e;
	p->i_log_level = X264_LOG_ERROR;

	p->i_width = width;
	p->i_height = height;
	p->i_csp = full ? X264_CSP_I444 : X264_CSP_NV12;
	p->i_fps_num = fps;
	p->i_fps_den = 1;
	// Without lookahead nothing reads time stamps, so frames are numbered.
	p->b_vfr_input = 0;

	p->i_threads = threads;
	p->b_sliced_threads = threads > 1;
	p->i_lookahead_threads = 1;
	p->i_sync_lookahead = 0;
	p->rc.i_lookahead = 0;
	p->rc.b_mb_tree = 0;
	p->i_bframe = 0;
	p->analyse.i_weighted_pred = X264_WEIGHTP_NONE;
	p->analyse.b_mb_info = 1;

	p->i_keyint_max = X264_KEYINT_MAX_INFINITE;
	p->i_scenecut_threshold = 0;
	p->b_repeat_headers = 1;
	p->b_annexb = 1;
	p->b_aud = 0;

	// The quantiser of each picture is ours to choose; see rate.go.
	p->rc.i_rc_method = X264_RC_CQP;
	// libx264 keeps it within those of the three kinds of picture, so these
	// factors of two to the fifth, 30 quantisers, open the whole range.
	p->rc.i_qp_constant = 26;
	p->rc.f_ip_factor = p->rc.f_pb_factor = 32;

	p->vui.b_fullrange = 0;
	p->vui.i_colorprim = 1;
	p->vui.i_transfer = 1;
	p->vui.i_colmatrix = full ? 6 : 1; // BT.601, as encode.H264High444 says, or BT.709

	if (full) {
		// What stands still has time, and text has much for CABAC to save.
		p->b_cabac = 1;
		p->analyse.b_transform_8x8 = 1;
		p->analyse.inter = p->analyse.intra = X264_ANALYSE_I4x4;
		// libx264 adds six in 4:4:4, and colours are to be as sharp as the rest.
		p->analyse.i_chroma_qp_offset = -4;
		// Text moves by whole pixels, and libx264 then makes no pictures between
		// them, which is half of what a small change takes.
		p->analyse.i_subpel_refine = 0;
		// What scrolls by whole pixels is found as far as one turn of a wheel
		// takes it, and then costs next to nothing.
		p->analyse.i_me_method = X264_ME_UMH;
		p->analyse.i_me_range = 64;
	}
	if (x264_param_apply_profile(p, full ? "high444" : "baseline") < 0)
		return -1;
	e->columns = (width + 15) / 16;
	e->rows = (height + 15) / 16;
	e->same = calloc(e->columns, e->rows);
	e->chroma = full ? 0 : malloc((size_t)width * height / 2);
	if (!e->same || !full && !e->chroma) {
		snprintf(e->message, sizeof e->message, "out of memory");
		return -1;
	}
	e->x264 = x264_encoder_open(p);
	return e->x264 ? 0 : -1;
}

int causeway_x264_search(causeway_x264 *e, int scrolled) {
	x264_param_t *p = &e->param;
	int method = scrolled ? X264_ME_UMH : X264_ME_DIA;
	if (p->analyse.i_me_method == method)
		return 0;
	p->analyse.i_me_method = method;
	// Upright, it reaches half as far.
	p->analyse.i_me_range = scrolled ? 128 : 16;
	p->analyse.inter = scrolled ? X264_ANALYSE_PSUB16x16 : 0;
	return x264_encoder_reconfig(e->x264, p);
}

void causeway_x264_mark(causeway_x264 *e, int same) {
	memset(e->same, same ? X264_MBINFO_CONSTANT : 0, (size_t)e->columns * e->rows);
}

static int within(int n, int most) { return n < 0 ? 0 : n > most ? most : n; }

void causeway_x264_mark_changed(causeway_x264 *e, int x0, int y0, int x1, int y1) {
	x0 = within(x0 / 16, e->columns);
	x1 = within((x1 + 15) / 16, e->columns);
	y1 = within((y1 + 15) / 16, e->rows);
	for (int y = within(y0 / 16, e->rows); y < y1; y++)
		if (x1 > x0)
			memset(e->same + (size_t)y * e->columns + x0, 0, x1 - x0);
}

int causeway_x264_encode(causeway_x264 *e, const uint8_t *y, int y_stride, const uint8_t *u, int u_stride,
	const uint8_t *v, int v_stride, int qp, int key) {
	x264_picture_t in, out;
	x264_picture_init(&in);
	in.i_type = key ? X264_TYPE_IDR : X264_TYPE_AUTO;
	in.i_qpplus1 = qp + 1;
	in.i_pts = e->count++;
	in.img.i_csp = e->param.i_csp;
	in.img.i_plane = v ? 3 : 2;
	// libx264 reads these planes and no more; it never learnt to say const.
	in.img.plane[0] = (uint8_t *)y;
	in.img.plane[1] = (uint8_t *)u;
	in.img.plane[2] = (uint8_t *)v;
	in.img.i_stride[0] = y_stride;
	in.img.i_stride[1] = u_stride;
	in.img.i_stride[2] = v_stride;
	in.prop.mb_info = e->same;
	x264_nal_t *nals;
	int count;
	// The payloads of one picture follow each other in memory.
	e->size = x264_encoder_encode(e->x264, &nals, &count, &in, &out);
	if (e->size < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		e->shown[i] = out.img.plane[i];
		e->shown_stride[i] = out.img.i_stride[i];
	}
	e->out = e->size > 0 ? nals[0].p_payload : 0;
	e->key = e->size > 0 && out.b_keyframe;
	return 0;
}

void causeway_x264_close(causeway_x264 *e) {
	if (e->x264)
		x264_encoder_close(e->x264);
	free(e->same);
	free(e->chroma);
	free(e->before < e->now ? e->before : e->now); // one piece of memory
}
