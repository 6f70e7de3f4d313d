// Package streams serves one capture to many viewers.
//
// A [Stream] is what a peer publishes: a desktop, or what a program draws,
// with what each viewer of it may do. It has [Track]s: a picture, a sound, or
// both. A Track reads chunks from a [Source], starts that when the first
// [Sink] attaches and stops it after the last has gone.
//
// A [Video] source is a capture and one encoder for each [Rung], a codec and a
// size, that somebody watches, however many they are; an [Audio] source is the same for sound.
// A program that draws for itself submits its frames to a [VideoFeed], and its
// sound to an [AudioFeed], in the place of a capture.
//
// # Queues
//
// Media is newest-wins and never blocks. Each Sink has a short queue of its
// own; when its reader falls behind, the queue is emptied, and the sink waits
// for a key frame, which it asks for. No sink slows another. A new sink also
// waits for a key frame; requests for one are coalesced. Input is never
// dropped: what a [Viewer] does is injected before Handle returns.
//
// Viewers are known by an opaque id, so nothing here depends on package peer.
//
//	capture ─▶ encode ─▶ streams ─▶ peer
package streams
