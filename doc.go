// Package causeway names the module; it holds no code.
//
// Causeway lets a person use a computer that is somewhere else. A host
// captures a desktop's picture and sound, encodes them and streams them over
// WebRTC to a viewer; the viewer's keyboard, mouse and touch flow back.
//
// The data flows one way, and a package imports only what lies upstream:
//
//	capture ─▶ encode ─▶ streams ─▶ peer ══ network ══▶ viewer
//	   ▲                              │
//	   └───────── input ◀─────────────┘
//
// # Glossary
//
//   - host: captures a desktop. viewer: watches it.
//   - peer: a participant. [peer.Peer] is the local one, [peer.Remote] the
//     other end of a connection.
//   - stream: a named set of tracks that a peer publishes.
//   - sink: takes chunks from a stream.
//   - frame: raw pixels or samples. chunk: an encoded frame. packet: RTP.
//   - event: one piece of input. level: what input a viewer may send.
//   - codec: a format. backend: one implementation of capture, of a codec's
//     encoder, or of injection.
//   - broker: the rendezvous server. driver: a signalling transport.
//
// Start reading at ARCHITECTURE.md, then package capture.
//
// [peer.Peer]: https://pkg.go.dev/github.com/causeway-rtc/causeway/peer#Peer
// [peer.Remote]: https://pkg.go.dev/github.com/causeway-rtc/causeway/peer#Remote
package causeway
