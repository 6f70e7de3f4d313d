// Package aom encodes and decodes AV1 with libaom: the best picture for the
// bits of all codecs here, at two to four times the processor time of H.264.
//
// The encoder runs in real-time mode at its highest speed without lookahead,
// tuned for screens: palettes are on, and whatever moves smoothly in films is
// off. Key frames come on demand alone. A picture that stands still is sent
// again with ever finer quantisers, down to what cannot be told from the
// original. Chunks are temporal units in the low-overhead format;
// they say that their colours are BT.709 in limited range, those of the High
// profile, which is 4:4:4, that they are BT.601.
//
//	capture ─▶ encode/aom ─▶ streams
package aom
