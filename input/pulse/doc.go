// Package pulse gives the host a microphone that viewers speak into, by
// PulseAudio or PipeWire's PulseAudio service, in Go alone.
//
// The server is asked for an output that nobody hears and for a source that
// records it, since the monitor of an output is left out of programs' lists of
// microphones. Both go when the microphone is closed, and with the server. Where
// there is no real microphone, the source becomes the one that programs use
// unless told otherwise.
//
//	peer ─▶ input/pulse ─▶ sound server
package pulse
