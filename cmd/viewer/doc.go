// Command viewer watches a host without a window: it connects as the page
// does, decodes picture and sound, and tells how that went. Tests and
// benchmarks use it, and people without a browser at hand.
package main
