// Package encodetest is what every encoder must pass, and the pictures and
// sounds to try it on.
//
// [Run] asserts behaviour, never speed: it passes on a busy machine or not at
// all. The pictures are the same on every machine; package bench uses them too.
//
//	encodetest ─▶ encode.Backend ─▶ encodetest
package encodetest
