// Package media sends and receives the tracks of streams over RTP. Whatever
// system two peers met by, their pictures and sounds go through here.
//
// A [Sender] takes chunks from a sink of a track and writes packets, in a
// goroutine of its own. The payloads of a chunk are made once for all
// receivers ([Packetizers]). Timestamps are times of capture. Video is sent
// with the playout-delay extension at zero, which makes a browser show each
// frame when it arrives; what is asked for again is sent as RTX (RFC 4588).
//
// A [Receiver] puts packets in order, asks for those that are missing, and
// puts chunks together. A reader that falls behind misses chunks.
//
//	streams ─▶ media ═══ network ═══ media ─▶ encode (decode)
package media
