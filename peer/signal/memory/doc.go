// Package memory is the signalling exchange itself, in one process: rooms,
// claims of peer ids, and the rules of who may publish what. A test uses it
// as it is; package peer/broker puts a WebSocket in front of it. [Default] is
// one that a whole process shares.
//
// # Queues
//
// Each connection has a queue of [Options.Queue] messages and
// [Options.QueueBytes] bytes, of which one sender may fill a quarter. When there is no room, a message to that connection alone
// is refused with the code "limit", and one to a room does not reach it. So a
// peer that floods a host is told to stop, and the host lives on.
//
// # Claims
//
// A claim made with a secret stays reserved for [Options.Hold] after its
// connection broke, so that nobody takes a host's name, and with it the
// tokens sent there, while the host connects anew.
//
// # Tokens
//
// Anybody may be in a room, and peers of other systems send their joins there
// with the token in the metadata. So in a host's room, in which somebody has
// claimed the room's own name, the exchange takes "token" out of the metadata
// of what it delivers to any but that peer.
package memory
