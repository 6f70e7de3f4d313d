// Package robotgo injects with the library of that name, which knows X,
// Windows and macOS. It is the portable way, and where there is a native one
// that is better: on Linux it is taken when asked for by name, or when xtest
// cannot serve.
//
// # What the library cannot do, and what is done about it
//
// It looks a key up by what is printed on it, so on another layout it would
// press the wrong one; it drops what it cannot do without a word, or does
// something else. On X each key and character is therefore looked up here
// first, and refused when something else would arrive. Other desktops offer no
// such check: there a key is right on a US layout.
//
//   - There is no button 8 and 9, and few keys of the keypad.
//   - On X, text is ASCII. For any other character the library rewrites the
//     keyboard of whatever display the environment names, for good.
//   - On macOS text is without emoji: characters of one UTF-16 unit.
//   - On Windows the wheel does not turn sideways: the library turns it up and
//     down instead.
//   - Motion warps the pointer on X, so games that read the mouse see none.
//
// # Threads, and a server that dies
//
// The library has one connection to one display in a process, without a lock.
// All calls are made on one locked thread, and a second Open fails as long as
// the first injector is not closed.
//
// Xlib ends the process when its server dies. The connection is therefore
// given handlers that only take note (libX11 1.7 or later), after which Xlib
// leaves the dead connection alone, and every Inject fails. A new Open makes a
// new connection. What cannot be guarded is the moment of opening itself,
// before there is a connection to give a handler to.
//
//	viewer ─▶ peer ─▶ input.Seat ─▶ robotgo ─▶ desktop
package robotgo
