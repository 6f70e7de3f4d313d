package encode

// headerAV1 reads a temporal unit (AV1 §5.3, §7.5).
func headerAV1(data []byte) (h header, ok bool) {
	const frameHeader, frame, mostType, padding = 3, 6, 8, 15
	frames := 0
	for unit := range OBUs(data) {
		const forbidden = 0x80
		kind := unit.Type()
		if unit.Header[0]&forbidden != 0 || kind == 0 || kind > mostType && kind != padding {
			return h, false
		}
		switch kind {
		case OBUSequenceHeader:
			if h, ok = sequenceHeader(unit.Payload); !ok {
				return h, false
			}
		case frameHeader, frame:
			frames++
		}
	}
	return h, frames > 0
}

// sequenceHeader reads the size of the pictures from a sequence header (AV1
// §5.5.1). Scalable streams, which no encoder of ours makes, do not parse.
func sequenceHeader(payload []byte) (h header, ok bool) {
	b := bits{data: payload}
	b.read(3 + 1) // seq_profile, still_picture
	if reduced := b.bit() == 1; reduced {
		b.read(5) // seq_level_idx
	} else if !b.skipOperatingPoint() {
		return h, false
	}
	wide, high := int(b.read(4))+1, int(b.read(4))+1
	h = header{true, int(b.read(wide)) + 1, int(b.read(high)) + 1}
	return h, !b.short
}

// skipOperatingPoint skips what is between the profile and the size, where
// there is but one operating point.
func (b *bits) skipOperatingPoint() bool {
	delay := 0 // the bits of buffer_delay_length_minus_1 and one
	if timing := b.bit() == 1; timing {
		b.read(32) // num_units_in_display_tick
		b.read(32) // time_scale
		if b.bit() == 1 {
			b.golomb() // num_ticks_per_picture_minus_1
		}
		if model := b.bit() == 1; model {
			delay = int(b.read(5)) + 1
			b.read(32)    // num_units_in_decoding_tick
			b.read(5 + 5) // the lengths of times
		}
	}
	display := b.bit() == 1
	if b.read(5) != 0 { // operating_points_cnt_minus_1
		return false
	}
	b.read(12)         // operating_point_idc
	if b.read(5) > 7 { // seq_level_idx
		b.bit() // seq_tier
	}
	if delay > 0 && b.bit() == 1 {
		b.read(delay)
		b.read(delay)
		b.bit() // low_delay_mode_flag
	}
	if display && b.bit() == 1 {
		b.read(4) // initial_display_delay_minus_1
	}
	return true
}
