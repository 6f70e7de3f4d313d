// Package bench measures the whole of Causeway from outside, in pixels.
//
// A [Rig] is two X servers in memory, the host program on the first and a
// Chromium full of its page on the second. An application of ours, [Flip] or
// [React], draws pictures on the first display that carry a number as a
// [Barcode]; a [Probe] reads that number off the second display a thousand
// times a second. Nothing of what is measured knows that it is measured: the
// host is the program that users run, the browser has no debugger attached.
//
// # Clock
//
// Applications, probe and key presses are goroutines of one process and are
// stamped by [Now], the machine's CLOCK_MONOTONIC. No clock is ever compared
// with another.
//
// # Network
//
// The benchmarks run in a network namespace of their own where that is
// allowed, so that its loopback interface counts what the host and its
// viewers say to each other and nothing else.
//
// # Where to start
//
// README.md tells how to run the benchmarks, how to read their table, and
// what the targets are. The arithmetic (barcodes, quantiles, joining draws
// with sightings) is in files without an operating system's name.
//
//	Flip, React ─▶ display ─▶ host ══▶ Chromium ─▶ display ─▶ Probe ─▶ Report
package bench
