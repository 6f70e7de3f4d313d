// Package msgpack reads and writes MessagePack, which PeerJS's MsgPackPeer
// speaks, by the specification of the MessagePack project with its timestamps.
//
// The types are those of package binarypack, whose format is an older
// MessagePack with strings and bytes exchanged:
//
//	Go                                        wire              read as
//	nil                                       nil               nil
//	bool                                      true, false       bool
//	all integers, floats without a fraction   shortest integer  int64; uint64 where larger
//	other floats                              float 64          float64
//	string                                    str               string
//	[]byte                                    bin               []byte
//	time.Time                                 ext -1            time.Time, in UTC
//	[Extension]                               ext               Extension
//	[]any                                     array             []any
//	map[string]any                            map               map[string]any
//
// A [Stream] takes values out of bytes that are cut anywhere. Depth, number of
// values and length are bounded; no length that is claimed makes room for more
// than has come.
//
//	peer/msgpack ─▶ PeerJS data channels of MsgPackPeer
package msgpack
