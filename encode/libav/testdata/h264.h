// The least encoder of H.264 that is one: key frames of macroblocks that are not
// compressed (I_PCM, ITU-T H.264 §7.3.5), and pictures between them that are
// the one before (§7.3.4, mb_skip_run).

typedef struct {
	uint8_t *data;
	int size, room;
	int used;  // bits in the last byte, 0 when it is full
	int start; // of the NAL unit, after its start code; below it nothing is escaped
} bits;

static void byte(bits *b, uint8_t v) {
	if (b->size + 8 > b->room)
		b->data = realloc(b->data, b->room = 2 * b->room + 4096);
	b->data[b->size++] = v;
}

static void bit(bits *b, int v) {
	if (!b->used)
		byte(b, 0);
	b->data[b->size - 1] |= v << (7 - b->used);
	b->used = (b->used + 1) % 8;
}

static void put(bits *b, int n, unsigned v) {
	while (n--)
		bit(b, v >> n & 1);
}

static void ue(bits *b, unsigned v) {
	int n = 0;
	for (unsigned t = v + 1; t > 1; t >>= 1)
		n++;
	put(b, n, 0);
	put(b, n + 1, v + 1);
}

static void begin(bits *b, int header) {
	put(b, 32, 1);
	b->start = b->size;
	put(b, 8, header);
}

// finish ends the NAL unit and escapes what looks like a start code (§7.4.1).
static void finish(bits *b) {
	bit(b, 1);
	b->used = 0;
	int n = b->size - b->start, zeros = 0;
	uint8_t *raw = malloc(n);
	memcpy(raw, b->data + b->start, n);
	b->size = b->start;
	for (int i = 0; i < n; i++) {
		if (zeros >= 2 && raw[i] <= 3) {
			byte(b, 3);
			zeros = 0;
		}
		zeros = raw[i] ? 0 : zeros + 1;
		byte(b, raw[i]);
	}
	free(raw);
}

static void parameter_sets(bits *b, int width, int height, int across, int down) {
	begin(b, 0x67);
	put(b, 24, 66 << 16 | 0xc0 << 8 | 40); // Constrained Baseline, level 4
	ue(b, 0);                              // seq_parameter_set_id
	ue(b, 0);                              // four bits of frame_num
	ue(b, 2);                              // pic_order_cnt_type
	ue(b, 1);                              // max_num_ref_frames
	bit(b, 0);
	ue(b, across - 1);
	ue(b, down - 1);
	bit(b, 1); // frame_mbs_only_flag
	bit(b, 1); // direct_8x8_inference_flag
	int crop = across * 16 != width || down * 16 != height;
	bit(b, crop);
	if (crop) {
		ue(b, 0);
		ue(b, (across * 16 - width) / 2);
		ue(b, 0);
		ue(b, (down * 16 - height) / 2);
	}
	bit(b, 0); // vui_parameters_present_flag
	finish(b);

	begin(b, 0x68);
	ue(b, 0);
	ue(b, 0);
	put(b, 2, 0); // CAVLC, no fields
	ue(b, 0);     // num_slice_groups_minus1
	ue(b, 0);
	ue(b, 0);
	put(b, 3, 0); // no weights
	ue(b, 0);     // quantisers of 26
	ue(b, 0);
	ue(b, 0);
	put(b, 3, 4); // deblocking_filter_control_present_flag
	finish(b);
}

static void macroblock(bits *b, const uint8_t *y, int ys, const uint8_t *uv, int uvs, int rows) {
	ue(b, 25); // I_PCM
	b->used = 0;
	for (int r = 0; r < 16; r++)
		for (int x = 0; x < 16; x++)
			byte(b, y[(r < rows ? r : rows - 1) * ys + x]);
	for (int plane = 0; plane < 2; plane++)
		for (int r = 0; r < 8; r++)
			for (int x = 0; x < 8; x++)
				byte(b, uv[(r < rows / 2 ? r : rows / 2 - 1) * uvs + 2 * x + plane]);
}

// encode writes a picture; frame is its number since the last key frame. Rows of
// the planes may be read up to a multiple of 16.
static void encode(bits *b, int width, int height, const uint8_t *y, int ys, const uint8_t *uv, int uvs,
	int key, int sets, int id, int frame) {
	int across = (width + 15) / 16, down = (height + 15) / 16;
	if (key && sets)
		parameter_sets(b, width, height, across, down);
	begin(b, key ? 0x65 : 0x61);
	ue(b, 0);           // first_mb_in_slice
	ue(b, key ? 7 : 5); // slice_type
	ue(b, 0);
	put(b, 4, frame % 16); // frame_num
	if (key) {
		ue(b, id % 2); // idr_pic_id
		put(b, 2, 0);  // dec_ref_pic_marking
	} else {
		put(b, 3, 0); // the usual references, marked as usual
	}
	ue(b, 0); // slice_qp_delta
	ue(b, 1); // no deblocking
	if (!key)
		ue(b, across * down); // mb_skip_run
	else
		for (int r = 0; r < down; r++)
			for (int x = 0; x < across; x++)
				macroblock(b, y + r * 16 * ys + x * 16, ys, uv + r * 8 * uvs + x * 16, uvs, height - r * 16 < 16 ? height - r * 16 : 16);
	finish(b);
}
