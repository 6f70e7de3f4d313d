// Command render is an example of the library: a program without a display
// streams what it draws and plays, and the viewer turns it by mouse and keys.
// main.go puts the host together, scene.go is what viewers do and hear,
// solid.go draws.
package main
