// Package engineio speaks Engine.IO in its protocol 3: ordered messages over
// HTTP long-polling or a WebSocket, as engine.io-client 3 and so socket.io 2
// expect them.
//
// A [Server] is an http.Handler for one path. For each client there is a
// [Session], to which anybody may send, and a [Handler], which is given what
// the client sends. A [Client] is the other end, over a WebSocket alone. What
// the messages mean is no matter here.
//
// # Protocol
//
// A GET without sid opens a session: the answer is the packet open, whose JSON
// names the sid, then what the Handler has sent by then. A GET with sid waits
// for packets; a POST brings some. A WebSocket with sid takes the session over
// once it has been probed (ping "probe", pong "probe", upgrade); one without
// sid is a session of its own. The client pings, the server answers. Payloads
// are text, with lengths in UTF-16 code units, or binary, or text with base64
// for clients that ask for b64. Pages of other origins are let in with their
// credentials (Access-Control-Allow-Credentials), as their browsers demand;
// cookies mean nothing here.
//
// # Why not a library
//
// The one Go server that speaks this protocol, zishang520/socket.io v2.5.0,
// carries a stock client, but does not stand strangers: a POST without
// Content-Length is read whole whatever the limit says (200 MiB were, at a
// limit of 1 MiB), a negative length in a binary payload panics, what waits for
// a client that does not poll is unbounded, text that is not ASCII is counted
// wrongly in binary payloads. With it come QUIC, four compressors and a second
// WebSocket library.
//
// # Bounds
//
// Sessions, those of one address, the length of a message, what waits for a
// session, for one address and for all, and the rate at which is read are
// bounded; see [Options]. What is being read counts as waiting. Who sends too
// fast is read more slowly. Who sends what is no packet loses the session.
//
//	client ⇄ engineio ⇄ what messages mean
package engineio
