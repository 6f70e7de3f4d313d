// Package mediadevices makes video encoders of pion/mediadevices serve as
// ours. It is the only package that imports mediadevices.
//
// Those encoders pull pictures from a reader when asked for a chunk. The
// adapter asks, and answers the pull with the frame at hand, converted to
// planes that they take without a copy.
//
// OpenH264 is the one in the table: it comes with mediadevices as a static
// library under the BSD licence, so that every build with C has H.264. The
// x264 and SVT-AV1 of mediadevices cannot be linked beside it, since their C
// functions have the same names.
//
//	capture ─▶ encode/mediadevices ─▶ streams
package mediadevices
