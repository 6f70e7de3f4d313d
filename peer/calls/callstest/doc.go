// Package callstest is what tests of all systems' peers do in the same way: they
// run a peer, wait for its events, and send a picture that moves.
//
//	streams ─▶ callstest ─▶ test
package callstest
