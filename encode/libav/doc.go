// Package libav encodes H.264 with the hardware encoders that FFmpeg's
// libavcodec knows, opened at run time.
//
// Nothing of FFmpeg, nor of any driver, is needed to build: see
// encode/internal/ffmpeg. Which encoders serve is found out while the program
// runs, each in a process of its own.
//
// # Settings
//
// Each encoder has a table (settings.go) that makes it what encode asks for:
// one frame in, one chunk out, no B-frames, key frames on demand alone, and a
// rate buffer of one frame, so that no picture takes longer to send than
// another. Pictures go in as NV12, which all take; for VA-API they are uploaded.
// The profile is Constrained Baseline, as the SDP promises.
//
// NVENC, and QSV from FFmpeg 6 on, change their bit rate while they run. The
// others are opened again, at most once a second, which costs a key frame.
//
// # Trust
//
// A driver may crash the process, hang, or answer nonsense. Therefore:
//
//   - Probe has another process try it (see [Isolate] and [ProbeMain]), once,
//     within a time limit. It encodes some pictures, decodes them and looks at
//     what came out.
//   - Package streams gives it so long for each frame, looks at what comes out,
//     and goes on with another. A call that hangs is never returned from; what it
//     works on is C memory of its own. One that crashes after its trial was
//     passed ends the program.
//   - In a program that has not called Isolate no hardware is used.
//
// # Preference
//
// The encoders stand before the software ones in package codecs. One that takes
// longer for a picture of 1280×720 than half an interval of 60 frames a second,
// about what software takes on two slow cores, is used only when it is asked for by
// name. So is [X264], a software encoder on the same path, which proves that
// path where there is no hardware.
//
//	capture ─▶ encode/libav ─▶ streams
package libav
