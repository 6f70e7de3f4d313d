// Command share is an example of the library: it shares this machine's desktop
// so that one viewer at a time controls it, and the others watch. main.go
// puts a host together, floor.go decides who controls.
package main
