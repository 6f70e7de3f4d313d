// Package peerjs is a peer of PeerJS: it meets others by their ids at a
// PeerServer, and calls stock pages, or is called by them, as the npm package
// peerjs does it in versions 1.4 and 1.5. docs/peerjs.md maps each member of its
// API to this one.
//
// [New] makes a [Peer], [Peer.Run] connects it. [Peer.Connect] opens a
// [DataConnection], [Peer.Call] a [MediaConnection]; those of others come as
// events, to which [On] listens. A [Host] answers with a stream.
//
// # Connections
//
// Each has a PeerConnection of its own, which is negotiated once. A data
// connection is a data channel; its values are written by a [Serializer]. A
// media connection has a hidden data channel, whose end is the hanging up;
// version 1.4 has none, and is told LEAVE if nothing else connects us.
//
// # Bounds
//
// Connections, in all and with one peer, messages that come before their
// offer, values that wait to be received and chunks that wait for others are
// bounded; see [Options]. An offer over a bound is answered by EXPIRE. A
// connection whose reader is slow stops reading, and so stops its sender. What
// is malformed ends its own connection.
//
// Who sends a message is the server's word: src cannot be forged by another
// client, but the server itself can. An id is no secret and grants nothing.
//
//	streams ─▶ peerjs ═══ network ═══ stock page
package peerjs
