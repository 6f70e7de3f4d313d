// Package pulse records what the speakers play, from PulseAudio or from
// PipeWire's PulseAudio service, in Go alone.
//
// Unless a source is named, it records the monitor of the default output and
// follows when another output becomes the default. Frames are 5 ms of stereo
// at 48 kHz, and the server is asked to deliver as much at a time.
//
// # Silence
//
// While no program plays, the recording is corked, so that the server stops
// working for it and nothing wakes up here; the server's events tell when one
// begins. While programs play nothing but zeros, as browsers do in a paused
// tab, frames are withheld after half a second. Next blocks meanwhile.
//
// # Time
//
// A packet's samples were played before it arrived: by the delay of the
// source, as the server reports it, and by chance of scheduling. The clock
// follows the earliest arrivals, so that times drift with the sound card and
// do not jitter with the scheduler.
//
//	sound server ─▶ pulse ─▶ encode
package pulse
