// Package channel frames messages over one data channel.
//
// A [Channel] carries text and bytes of up to [MaxMessage], and requests that
// are answered, both ways. It cuts them into chunks that SCTP carries without
// trouble, and puts them together again: peer/signal/PROTOCOL.md, section
// "Named channels". There a chunk is a piece of a message, not an encoded
// frame.
//
// The package knows nothing of WebRTC's implementation. A Channel is handed a
// [Raw] to send on, and its owner, who reads the data channel, calls
// [Channel.Receive] and [Channel.Closed]. It has no goroutine.
//
// # Nothing grows without a bound
//
//   - A sender on a reliable channel waits while [Options.MaxBuffered] bytes
//     wait for the network, and while the other side's application has left
//     17 MiB untaken. A reader that is slow stops its own channel alone.
//   - A sender on an unreliable channel never waits: what does not fit is
//     dropped, and so is what comes when the reader is slow.
//   - A [Budget] bounds what all channels of a connection hold.
//   - [Options.MaxRequests] of our requests are under way; more wait.
//
// What breaks the protocol ends its channel with [ErrProtocol].
//
// # Read while you send
//
// Messages and answers come in one after another, so a response waits behind
// messages for which there is no more room. An application that only sends,
// to one that only sends, waits for ever: one goroutine should call
// [Channel.Next] in a loop and never send without a time limit.
package channel
