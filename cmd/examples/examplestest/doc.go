// Package examplestest is what tests of the examples share: the program as a
// person starts it, and a viewer that looks at what it streams.
package examplestest
