// Package backends lists the ways to capture that this system has, best
// first. A new backend is one more entry here.
//
//	capture.Backend ─▶ backends ─▶ cmd
package backends
