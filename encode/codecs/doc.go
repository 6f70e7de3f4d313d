// Package codecs lists the implementations of all codecs. It is for commands
// and benchmarks; what they hand on are backends.
//
//	codecs ─▶ cmd ─▶ streams
package codecs
