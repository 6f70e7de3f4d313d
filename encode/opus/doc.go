// Package opus encodes and decodes sound with libopus.
//
// The encoder runs in libopus's restricted low-delay mode, with 2.5 ms of
// lookahead where the other modes have 6.5 ms; frames are as long as they are
// captured. The price is that
// frames carry no copy of the one before (in-band FEC, RFC 6716 §2.1.7), which
// the mode's codec, CELT, does not know. The SDP announces useinbandfec all the
// same: a decoder that looks for a copy and finds none conceals the loss, which
// is what it would do anyway.
//
//	capture ─▶ encode/opus ─▶ streams
package opus
