// Package avcodec decodes H.264 with FFmpeg's libavcodec, opened at run time.
//
// Nothing of FFmpeg is needed to build. The program starts without it and
// Probe then says what to install (see encode/internal/ffmpeg).
//
// Settings: one thread, since threads of frames hold pictures back, and the
// flag low_delay, so that a picture comes out as soon as its chunk went in.
//
//	peer ─▶ streams ─▶ encode/avcodec ─▶ screen
package avcodec
