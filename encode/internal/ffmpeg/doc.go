// Package ffmpeg binds the few functions of FFmpeg's libavcodec and libavutil
// that we call, opened at run time.
//
// Nothing of FFmpeg is needed to build. The program starts without it, and
// [Load] then says what to install. One binary serves several releases of
// FFmpeg, since what differs between them is avoided, or looked up:
//
//   - Settings are options, by name.
//   - Contexts are filled in by functions, which know their own structs.
//   - The few fields that only an offset reaches are in one table, a line for
//     each release (layout.c). Before a library is used it is asked for such
//     structs with the defaults that its documentation promises, and refused
//     unless those lie where the table says.
//
// It deals in numbers and bytes: what they mean is for encode/avcodec, which
// decodes, and encode/libav, which encodes.
package ffmpeg
