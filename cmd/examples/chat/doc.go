// Command chat is an example of the library: people in a room, each a peer,
// talk over a numbered channel and send each other files over named ones.
// main.go joins the room, file.go sends and takes files.
package main
