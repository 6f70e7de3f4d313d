// Package signal carries messages between peers that have no connection yet.
//
// A [Conn] is one peer's way into the exchange: it subscribes to namespaces,
// publishes a [Message] to one, and receives what others publish. A [Driver]
// opens Conns over one transport. PROTOCOL.md has the rules and the wire form,
// [Frame] is the latter. Nothing here knows what an offer means.
//
// # Drivers
//
// Package memory is the exchange itself, in one process; package ws is its
// client over a WebSocket, and package peer/broker its server. Package nats
// is an exchange through a NATS server, with fewer promises. Package drivers
// lists what can be dialled by URL, and package signaltest holds the
// tests that each driver passes.
//
//	peer ─▶ signal.Conn ─▶ ws ═══ broker ─▶ memory ◀─ signal.Conn ◀─ peer
package signal
