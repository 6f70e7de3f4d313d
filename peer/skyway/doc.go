// Package skyway is a peer of SkyWay's first SDK: it meets others by their ids
// at a server such as skywayserver, calls stock pages or is called by them, and
// joins rooms with them, as skyway-js 4.4.5 does it.
//
// [New] makes a [Peer], [Peer.Run] connects it. [Peer.Connect] opens a
// [DataConnection], [Peer.Call] a [MediaConnection], [Peer.JoinRoom] a [Room];
// what others do comes as events, to which [On] listens. A [Host] answers with
// a stream.
//
// # Connections
//
// Each has a PeerConnection of its own. Who has made it offers, and does so
// again when its tracks change; the other answers. A data connection is a data
// channel, whose end is the hanging up; its values are written as its
// serialization says. That a call has ended we see by the end of DTLS, but a
// stock page by the server's FORCE_CLOSE alone, or when nothing has come for
// some time; see [Connection.Close].
//
// # Rooms
//
// In a mesh each member calls those who were there before. An SFU offers, and
// names the streams' owners. Data goes by way of the server in both. When the
// server was lost, rooms are joined again once it is back; the connections of
// a mesh do not notice.
//
// # Bounds
//
// Connections, in all and with one peer, messages that come before their
// offer, values that wait to be received and chunks that wait for others are
// bounded; see [Options]. An offer over a bound is not answered. A connection
// whose reader is slow stops reading, and so stops its sender. What is
// malformed ends its own connection.
//
// Who sends a message is the server's word: src cannot be forged by another
// client, but the server itself can. An id is no secret and grants nothing.
//
//	streams ─▶ skyway ═══ network ═══ stock page
package skyway
