package encode

// spsSize is the size of the picture that a sequence parameter set of H.264
// promises, in pixels and cropped (ITU-T H.264 §7.3.2.1.1). ok is false when it
// does not parse.
func spsSize(nal []byte) (width, height int, ok bool) {
	if len(nal) < 5 {
		return 0, 0, false
	}
	profile := nal[1]
	b := bits{data: nal, at: 8 * 4, escaped: true}
	b.golomb() // seq_parameter_set_id
	chroma, separate := uint32(1), false
	if fidelity(profile) {
		if chroma = b.golomb(); chroma == 3 {
			separate = b.bit() == 1
		}
		b.golomb() // bit_depth_luma_minus8
		b.golomb() // bit_depth_chroma_minus8
		b.bit()    // qpprime_y_zero_transform_bypass_flag
		if b.bit() == 1 {
			b.skipScaling(chroma)
		}
	}
	b.skipOrder()
	b.golomb() // max_num_ref_frames
	b.bit()    // gaps_in_frame_num_value_allowed_flag
	mbs, units := int(b.golomb())+1, int(b.golomb())+1
	frames := int(b.bit())
	if frames == 0 {
		b.bit() // mb_adaptive_frame_field_flag
	}
	b.bit() // direct_8x8_inference_flag
	var crop [4]int
	if b.bit() == 1 {
		for i := range crop { // left, right, top, bottom
			crop[i] = int(b.golomb())
		}
	}
	const most = 1 << 12 // macroblocks: beyond what any level has
	if b.short || chroma > 3 || mbs > most || units > most {
		return 0, 0, false
	}
	// ITU-T H.264 §7.4.2.1.1: cropping is in units of chroma samples.
	unitX, unitY := 1, 2-frames
	if !separate && (chroma == 1 || chroma == 2) {
		unitX = 2
	}
	if !separate && chroma == 1 {
		unitY *= 2
	}
	width = 16*mbs - unitX*(crop[0]+crop[1])
	height = 16*units*(2-frames) - unitY*(crop[2]+crop[3])
	return width, height, width > 0 && height > 0
}

// fidelity is true for the profiles that say how fine their chroma is.
func fidelity(profile byte) bool {
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		return true
	}
	return false
}

// skipScaling skips the scaling matrix (ITU-T H.264 §7.3.2.1.1.1).
func (b *bits) skipScaling(chroma uint32) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if b.bit() == 0 {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		last, next := int32(8), int32(8)
		for range size {
			if next != 0 {
				next = (last + b.signed() + 256) % 256
			}
			if next != 0 {
				last = next
			}
		}
	}
}

// skipOrder skips how pictures are numbered.
func (b *bits) skipOrder() {
	b.golomb() // log2_max_frame_num_minus4
	switch b.golomb() {
	case 0:
		b.golomb() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		b.bit() // delta_pic_order_always_zero_flag
		b.signed()
		b.signed()
		for n := b.golomb(); n > 0 && !b.short; n-- {
			b.signed()
		}
	}
}
