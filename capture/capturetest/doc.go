// Package capturetest holds what tests of capture share: the conformance
// suite that every backend passes, and a private display and sound server to
// pass it on.
//
//	capture.Backend ─▶ capturetest.Run
package capturetest
