// Command credential is an example of the library: the small server beside a
// website that lets its users into a SkyWay key with a secret. main.go is all of
// it.
package main
