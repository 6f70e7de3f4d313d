// Package capture reads pixels and sound from a desktop.
//
// A [Backend] names one operating-system API (X11, a portable library, a test
// pattern) and opens a [Source]. A Source hands out one [Frame] at a time,
// and only when the picture has changed: a still desktop costs nothing. Sound
// comes the same way, as [AudioFrame] values from an [AudioSource].
//
// # Clock
//
// Every time in this module is a [time.Duration] since the start of the
// process, as [Now] returns it. It is monotonic and never a wall clock.
//
// # Ownership
//
// A Frame belongs to its Source. The consumer reads it until it calls
// [Frame.Release]; a Source may have one frame outstanding, and its next
// capture waits for the release. An AudioFrame is valid until the next call
// of Next on its source.
//
//	capture ─▶ encode ─▶ streams ─▶ peer
package capture
