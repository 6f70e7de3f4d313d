// Package peerserver is a PeerServer: the signalling server of PeerJS, as the
// npm package peer does it in version 1.0.2, so that pages with a stock peerjs
// find each other, and find us.
//
// A [Server] is an http.Handler for everything below its path. A peer in the
// same process connects with [Server.Dial], without a socket.
//
// # Protocol
//
//	GET {path}              what this is, as JSON
//	GET {path}{key}/id      an id that nobody has
//	GET {path}{key}/peers   all ids, if AllowDiscovery says so
//	GET {path}peerjs?key=K&id=ID&token=T    WebSocket
//
// A WebSocket carries one JSON object a message: type, src, dst, payload. The
// server says OPEN, or refuses with ERROR, ID-TAKEN or INVALID-KEY and closes.
// It passes OFFER, ANSWER, CANDIDATE, LEAVE and EXPIRE on to the peer in dst,
// with the sender's own id as src whatever it wrote there. What is for a peer
// that is not there waits; after ExpireTimeout each sender is told EXPIRE. A
// LEAVE without dst gives up the sender's id. HEARTBEAT only shows that
// somebody is there. All else is ignored.
//
// # Differences from the original
//
//   - Who comes back with the token of its id is told OPEN, without which a
//     stock client waits for ever, and the connection it had is closed.
//   - A wrong key is answered by INVALID-KEY, which clients report as what it
//     is, not by ERROR. The list of peers needs the right key as well.
//   - Messages expire by sender: with the first one's time, all that a sender
//     has waiting for a peer. The original counts from the first of any sender.
//   - Whatever is read shows that a peer is alive, not HEARTBEAT alone.
//   - A LEAVE without dst closes the sender's connection. The original leaves it
//     open, and its end removes whoever has the id by then.
//   - Origins, if set, holds for WebSockets too, not only for what a page
//     fetches.
//   - What was sent to a connection that broke before it was written waits for
//     the peer's return like a message that came later.
//   - When what is for a connected peer can not be taken because it does not
//     read, the sender is told EXPIRE, not LEAVE, upon which a stock client
//     would end the connections that it has.
//   - What is no JSON is ignored. The original throws an error while it reads,
//     and when run as a program, never hears that connection again.
//   - WebSocket compression is not offered: it costs more memory for each peer
//     than everything else.
//
// # Bounds
//
// The ids, the connections of one address, the length of an id, a token and a
// message, what waits for one peer and for all, and what is on its way to a
// connection are bounded; see [Options]. Who sends faster than the rate is
// read more slowly, which costs only himself. A message that finds no room is
// answered by EXPIRE at once. A connection that does not take a message within
// ten seconds is closed.
//
// Ids are not secret, and whoever connects first has one. Nothing may be
// granted to an id.
//
//	stock peerjs ⇄ peerserver ⇄ host in this process
package peerserver
