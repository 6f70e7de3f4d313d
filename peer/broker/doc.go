// Package broker is the server of the WebSocket endpoint of
// peer/signal/PROTOCOL.md.
//
// A [Broker] puts the exchange of package memory on the network: it checks
// the Origin of each upgrade, speaks the wire form, and keeps any one client
// from taking more than its share. A host in the same process connects with
// [Broker.Dial], and learns of each message from which address it came.
//
// # Bounds
//
// Connections in all and per address, subscriptions per connection, bytes per
// frame, and frames a second are bounded. A frame over the rate is refused
// with the code "limit"; a client that goes on is closed. What waits for a
// client is bounded too; one that does not read for five seconds is closed.
//
// The Host header is not checked here but by the handler in front, for all
// paths alike.
package broker
