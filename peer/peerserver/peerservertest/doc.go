// Package peerservertest has the originals at hand for tests and benchmarks:
// the npm packages peer, peerjs and peerjs-js-binarypack in pinned versions,
// and the stock PeerServer as a process. Without Node.js tests are skipped, or
// fail when CI is set.
//
//	npm ─▶ peerservertest ─▶ test
package peerservertest
