// Package auth decides who may watch and control a host.
//
// A [Token] is the secret that a host prints and a viewer shows. A [Guard]
// compares it in constant time, and refuses an address that guesses.
package auth
