// Package ws is signalling over a WebSocket to a broker.
//
// A connection that breaks comes back by itself: after a pause that doubles
// up to half a minute, with jitter, so that the viewers of a broker that was
// restarted do not all return at once. It subscribes to its namespaces again
// and claims its ids with the secret it claimed them with; where the caller
// gave none, it makes one up. Messages of the time between are lost. Only
// Close ends a connection, and a broker that says that another took over.
//
// # Queues
//
// 256 received messages wait for Receive, then reading stops, and in the end
// the broker closes the connection as too slow. Publish does not queue: it
// waits for the connection to be back, as long as its context allows.
package ws
