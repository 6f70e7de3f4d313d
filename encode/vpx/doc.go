// Package vpx encodes and decodes VP8 with libvpx: what every browser plays,
// for those that refuse H.264.
//
// The encoder runs in real-time mode without lookahead, at the speed that
// keeps a frame within its time (see speed), with key frames on demand alone
// and a rate buffer of a fraction of a second. A frame that would break the
// rate is dropped; its chunk is empty.
//
//	capture ─▶ encode/vpx ─▶ streams
package vpx
