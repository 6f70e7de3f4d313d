// Package kbinani captures with github.com/kbinani/screenshot, which knows
// Windows, macOS, the BSDs and Linux.
//
// It is the backend for systems that have no native one here. The library
// takes pictures one at a time and cannot tell whether anything changed: Next
// takes one every period, compares it with the one before and returns only
// when they differ. At 1080p that costs about 25 ms a picture on X11, so a
// native backend comes first wherever there is one.
//
// Of several monitors the first is captured. The pointer is not in the
// picture, and its state is not told. On X11 the library opens connections to
// $DISPLAY by itself and for every picture, and shares memory with the server
// that any user of the machine can read while the picture is taken.
//
//	kbinani ─▶ encode
package kbinani
