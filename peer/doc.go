// Package peer connects a host to its viewers over WebRTC. Everything that is
// WebRTC is here.
//
// A [Peer] is the local participant, a [Remote] one at the other end. A peer
// that publishes streams is a host: it answers each join that [Options.Verify]
// allows with an offer. A viewer calls [Peer.Connect], and reads video and
// sound from the Remote that this returns.
//
// # States
//
// A Remote is new until the other side has answered, connecting until ICE and
// DTLS have a way through, then connected. When the way breaks it is
// disconnected, and after a second of that both sides try ICE anew; after
// eight without success it has failed, and ends closed. Either side may close
// it at any time. Disconnecting and closing release the keys that its viewer
// held down.
//
// # Media
//
// Each stream has one track, with a MediaStream of its own, so that a browser
// does not delay the picture to match the sound. One goroutine per track takes
// chunks from a sink of the stream and writes packets. The payloads of a chunk
// are made once for all viewers. Timestamps are times of capture. Video is
// sent with the playout-delay extension at zero, which makes a browser show
// each frame when it arrives.
//
// # Goroutines
//
// Peer.Run reads the signalling. Each Remote has one goroutine that
// negotiates, one that writes to the data channels, one that reads feedback
// and one that sends for each track, and those of pion. Close waits for all
// of them.
//
// # Bounds
//
// Nothing that a remote sends can grow without limit: see [MaxSDP],
// [MaxCandidates], [Options.MaxRemotes]. What a remote breaks is its own
// connection alone.
//
//	capture ─▶ encode ─▶ streams ─▶ peer ═══ network ═══ peer ─▶ encode (decode)
package peer
