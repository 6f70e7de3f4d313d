// Package signaltest holds the tests that every driver of package signal
// passes.
package signaltest
