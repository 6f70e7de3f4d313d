// Package encode turns frames into chunks and back.
//
// A [Codec] is a format as RTP and SDP know it; a [Backend] is one
// implementation of it, listed in package encode/codecs. Encoders are built
// for the lowest delay: one frame in, one chunk out, nothing held back.
//
// # Rate control
//
// An encoder aims at [Params.Bitrate] with a buffer of a few frames, so that
// no single frame takes long to send. It may drop a frame to keep to its
// rate; [Chunk.Data] is then empty.
//
// A key frame that was asked for may fall victim to that as well: who needs one
// asks again with each frame until [Chunk.Key] is true.
//
// # Pixels
//
// Encoders take frames as they were captured. Each has a [Converter], which
// keeps the picture before and converts what was damaged alone; hence the one
// rule for whoever leaves out frames: the damage of those is the next one's.
//
// # Colour
//
// H.264, VP9 and AV1 carry BT.709 in limited range, in 4:4:4 BT.601, and say so in
// their bitstreams. VP8 has no way to say so and carries BT.601, which decoders
// assume. Frames that come
// as I420 or NV12 are BT.709 in limited range.
//
//	capture ─▶ encode ─▶ streams ─▶ peer
package encode
