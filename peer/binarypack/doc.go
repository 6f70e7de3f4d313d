// Package binarypack reads and writes BinaryPack, the serialization of PeerJS
// data channels, as version 2.1.0 of the npm package peerjs-js-binarypack
// does.
//
// BinaryPack is MessagePack of 2012 with strings and byte strings exchanged,
// and with neither extensions nor timestamps. [Append] writes a value,
// [Decode] and [Unmarshal] read one; [Split] and [Assembler] cut what is too
// long for one message of a data channel and put it together again.
//
// # Values
//
//	Go                                        wire              read as
//	nil                                       null              nil
//	bool                                      true, false       bool
//	all integers, floats without a fraction   shortest integer  int64; uint64 where larger
//	other floats                              double            float64
//	string                                    string            string
//	[]byte                                    binary            []byte
//	slices of sized numbers: []uint16 …       binary            []byte
//	time.Time                                 string            string
//	[]any                                     array             []any
//	map[string]any                            map               map[string]any
//
// Slices of numbers are JavaScript's typed arrays: their elements are written
// in little-endian order, and a reader learns nothing of their type. A time is
// written as Date.prototype.toString would, which JavaScript can parse.
//
// # Differences from the original
//
//   - Doubles are exact. The original rounds through a logarithm, and writes
//     a few numbers next to a power of two wrongly: 3.9999999999999996 as
//     4.0000038. Subnormal doubles, which it reads as other numbers, are
//     written as zero. NaN and infinities, which it cannot write, are an error.
//   - What JavaScript calls undefined is read as nil. The original writes it as
//     null itself.
//   - Bytes after a value, truncated values and unknown types are errors. The
//     original ignores the first two in places and reads the third as undefined.
//   - A string that is no UTF-8 has U+FFFD for what is wrong.
//
// # Bounds
//
// Every value takes at least one byte, so a message of n bytes has at most n
// values; a length that promises more is an error before anything is
// allocated for it. Reading takes about 16 bytes of memory for each value that a
// length promises, and 50 for each empty array or map; [Decoder] bounds both
// depth and the number of values. [AssemblerOptions] bounds what waits for
// chunks.
//
//	peer/binarypack ─▶ PeerJS and SkyWay data channels
package binarypack
