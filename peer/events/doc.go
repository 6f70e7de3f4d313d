// Package events tells listeners of typed events: who listens to a type is
// called with each event of that type, and the compiler knows both.
//
//	peer, peer/peerjs ─▶ events ─▶ application
package events
