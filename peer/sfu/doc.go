// Package sfu forwards the pictures and sounds of a room's members to each
// other.
//
// An [SFU] has rooms of members. A [Member] has one connection, for which the
// SFU always offers, with all its candidates, and again when streams come or
// go. What the member sends is forwarded as it came, but for sequence numbers,
// timestamps, and what tells layers apart: nothing is decoded or cut anew. A
// member without a connection publishes the tracks of a stream ([SFU.Publish]),
// which are sent as any viewer of it gets them.
//
// Each receiver gets, of the layers that the sender has, those that its own
// way carries: one of the encodings of simulcast (RFC 8853), and of its temporal
// layers in VP8 (RFC 7741) and VP9 (RFC 9628) as many as fit. It changes to
// another encoding at a key frame, and its numbers go on as if there were but
// one. A congestion.Controller says what fits. Packets wait for each receiver in
// a queue of its own; when that is full it is emptied and a key frame asked for,
// so a slow receiver slows nobody else.
//
// What receivers miss is sent again from packets that all of them share, within
// a part of what fits, and what the SFU misses it asks for itself. Requests for
// key frames are coalesced.
//
//	member ══ RTP ══▶ sfu ══ RTP ══▶ members
package sfu
