// Package broker is the server of the WebSocket endpoint of
// peer/signal/PROTOCOL.md.
//
// A [Broker] puts the exchange of package memory on the network: it speaks
// the wire form, and keeps any one client from taking more than its share. A
// host in the same process connects with [Broker.Dial], and learns of each
// message from which address it came.
//
// # Origins
//
// Pages of all origins may connect, since peers of other systems are pages
// that lie elsewhere. This is safe because nothing is granted by where a page
// comes from, nor by what a browser adds to its requests by itself: no cookie
// and no other credential is read, an id is had by claiming it, and kept by
// its secret, and what a host grants it grants for the token in the metadata
// of a join, which a page must know. A foreign page so has what any program
// has that reaches the broker, and no more: it may send joins, be refused,
// learn whether an id is there, and use up its share of the bounds below,
// which it shares with its visitor's address, as do wrong tokens.
//
// The Host header is not checked either. What checks it for the page and the
// rest keeps out names of strangers that were made to resolve to this machine
// (DNS rebinding), whose pages pass as of our own origin. Here they need no
// such trick, since being of our origin gives them nothing. Where the network
// is the only guard, say for a host without a token, neither may be left
// open: set [Options.AllowOrigin] to [SameOrigin] and check the Host header
// in front of the broker.
//
// # Bounds
//
// Connections in all and per address, subscriptions per connection, bytes per
// frame, and frames a second are bounded. A frame over the rate is refused
// with the code "limit"; a client that goes on is closed with the WebSocket
// code 1008, and one whose frame is too long with 1009. What waits for a
// client is bounded too; one that does not read for five seconds is closed,
// and so is one that is silent for a hundred.
package broker
