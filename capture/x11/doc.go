// Package x11 captures an X display, in Go alone.
//
// # One frame
//
// The server reports the first damage of the root window with one event and
// then keeps quiet. Next takes the damage out of the server, which re-arms the
// event, and only then reads the pixels: what is drawn in between is in the
// picture and reported again, so nothing is lost. Of the picture, the rows
// that the damage spans are copied into memory shared with the server
// (MIT-SHM); the rows above and below are still there from the frame before.
// That makes two round trips a frame. Where memory cannot be shared, as with a
// display on another machine, the rows come through the socket.
//
// # The pointer
//
// X servers do not draw the pointer into the root window, so frames lack it
// and [capture.CursorSource] tells of it. Its shape comes by event (XFixes).
// Its position must be asked for, which is done at 60 Hz while it moves and at
// 4 Hz once it has rested, sooner when something is drawn. A pointer hidden by
// an empty shape, as games and toolkits do, is seen to be hidden; one hidden
// by XFixesHideCursor is not, for the server does not tell.
//
// # A part of a display
//
// [capture.Options.View] narrows the picture: to a monitor (RandR 1.5) or a
// region, whose rows are read as those of the whole are; or to windows, which
// the server is made to draw apart (Composite), so that each is read without
// what lies over it, and put together on black (layers.go). When windows or
// monitors come, go or change, the next frame is fitted anew (fit). A monitor
// that goes away gives way to all of them, a window to black.
//
// # Loss
//
// A display that dies, or gives no answer for five seconds, ends Next with an
// error that wraps [capture.ErrLost]. Shared memory is marked for removal as
// soon as it is made, so the kernel frees it however the process ends.
//
// # Environment
//
// $DISPLAY and $XAUTHORITY are read when the options name no display, or the
// display wants a cookie, as every X program does.
//
// The protocol library keeps the numbers of events in tables that are global
// to the process; see register. One process may use several displays as long
// as their servers number events alike, as servers of one make do.
//
//	X server ─▶ x11 ─▶ encode
package x11
