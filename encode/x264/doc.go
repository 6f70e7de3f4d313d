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
// frames come on demand alone. A picture is cut into as many slices as threads
// work on it, so that threads shorten the delay instead of adding to it.
//
// # Rate
//
// The quantiser of each picture is ours (rate.go). libx264's own control codes
// a small copy of each picture to foresee what it costs, which is a third of
// the time at this preset, and spends the whole rate on pictures that are
// exact already.
//
//	capture ─▶ encode/x264 ─▶ streams
package x264
