package ffmpeg

import "fmt"

// libraryName is what the dynamic linker knows a library by.
func libraryName(name string, major int) string { return fmt.Sprintf("lib%s.so.%d", name, major) }

// hint says how a person gets the library.
const hint = "install FFmpeg's shared libraries (Debian 12: apt install libavcodec59; elsewhere the package libavcodec or ffmpeg)"
