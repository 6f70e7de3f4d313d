// Package peertest has connected peers in one process, for tests and
// examples.
package peertest
