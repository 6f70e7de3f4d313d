// Package virtual starts displays and sound servers that exist in memory
// only.
//
// A [Display] is an X server without a screen (Xvfb), the way to stream from
// a machine that has no monitor and the stage of every X11 test. A [Sound] is
// a PulseAudio server with one output that nobody hears. Both are processes
// of ours: Close ends them and all they started, and on Linux the kernel ends
// them when this process is killed.
//
// # Who may connect
//
// A display accepts programs of the user who started it and nobody else's. It
// starts with a random cookie as the only key; over that first connection the
// user's own id is let in. So programs of the user need no $XAUTHORITY, and
// at no moment can another user connect. A sound server's socket lies in a
// directory that only the user can enter.
//
// # Size
//
// Xvfb can never grow beyond the size it was started with. It is therefore
// started at [Options.MaxWidth]×[Options.MaxHeight] and set to the size asked
// for through RandR, as [Display.Resize] does later.
//
//	virtual.Display ─▶ capture/x11 ─▶ encode
//	virtual.Sound   ─▶ capture/pulse ─▶ encode
package virtual
