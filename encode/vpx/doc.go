// Package vpx encodes and decodes VP8 and VP9 with libvpx: what browsers play
// that refuse H.264.
//
// The encoders run in real-time mode without lookahead, at the speed that
// keeps a frame within its time (see speed), with key frames on demand alone
// and a rate buffer of a fraction of a second. A frame of VP8 that would break the
// rate is dropped; its chunk is empty. VP9 is tuned for screens, says that its
// colours are BT.709 in limited range, and makes a picture that stands still
// exact, by ever finer quantisers each time that it comes again.
//
//	capture ─▶ encode/vpx ─▶ streams
package vpx
