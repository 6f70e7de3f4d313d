// Package x264 encodes H.264 with libx264, the lowest delay in software that
// was measured.
//
// It is built with the tag gpl alone, since libx264 is under the GNU General
// Public License, and so is a program that contains it. Without the tag, Probe
// says so and another backend serves.
//
// # Settings
//
// Preset ultrafast and tune zerolatency: no lookahead, no B-frames, one
// reference. What comes out is Constrained Baseline, as the SDP promises. Key
// frames come on demand alone. The rate is bounded by a buffer of a few frames
// (see bufferFrames), and one picture is cut into as many slices as threads
// work on it, so that threads shorten the delay instead of adding to it.
//
//	capture ─▶ encode/x264 ─▶ streams
package x264
