// Package memory is the signalling exchange itself, in one process: rooms,
// claims of peer ids, and the rules of who may publish what. A test uses it
// as it is; package peer/broker puts a WebSocket in front of it.
//
// # Queues
//
// Each connection has a queue of [Options.Queue] messages. A connection that
// does not receive for so long that its queue is full is closed: messages of
// signalling cannot be dropped singly, and a slow one must not hold up others.
//
// # Claims
//
// A claim made with a secret stays reserved for [Options.Hold] after its
// connection broke, so that nobody takes a host's name, and with it the
// tokens sent there, while the host connects anew.
package memory
