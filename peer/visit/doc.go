// Package visit lets peers of other systems use a stream: it decides who may,
// tells those who may not why, and has their input injected. It knows nothing
// of how they are connected.
//
// What a page sends to use a desktop is the same in every system: the token in
// the metadata of its connection, and on a data connection labelled
// [InputLabel] the messages of input/PROTOCOL.md, one a value, as bytes. A
// [Desk] is the other end of that.
//
//	peer systems ─▶ visit ─▶ streams, input
package visit
