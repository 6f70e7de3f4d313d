// Package calls has the parts of which a peer of another system makes its
// connections: each has a PeerConnection of its own, for which one peer asks the
// other by way of a server.
//
//   - [Table] is all connections of a peer. It bounds them, and keeps what comes
//     for one before its offer.
//   - [Life] is what becomes of one: it rings, is accepted or refused, opens,
//     ends.
//   - [Negotiation] exchanges its descriptions and candidates.
//   - [Channel] is its data channel, whose end is the hanging up, and [Data]
//     what carries values on it.
//
// The goroutine of a connection, which [Table.Admit] starts, waits for
// [Life.Ring], makes the PeerConnection and what goes over it, and calls
// [Life.Serve]. When that returns it gives the reason to [Life.End], says
// goodbye, closes all, and ends with [Life.Join], [Table.Remove] and
// [Life.Finish]. One that is refused goes the same way, if [Table.Refuse] has
// room for it.
//
// What is said to the server is the system's own, and so are its events and the
// types of its errors.
//
//	server ─▶ calls ─▶ peer systems
package calls
