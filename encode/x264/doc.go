// Package x264 encodes H.264 with libx264, the lowest delay in software that
// was measured.
//
// It is built with the tag gpl alone, since libx264 is under the GNU General
// Public License, and so is a program that contains it. Without the tag, Probe
// says so and another backend serves.
//
// # Settings
//
// Preset ultrafast and tune zerolatency: no lookahead, no B-frames, one
// reference. What comes out is Constrained Baseline, as the SDP promises. Key
// frames come on demand alone. A picture is cut into as many slices as threads
// work on it, so that threads shorten the delay instead of adding to it.
//
// For text there is the High 4:4:4 Predictive profile, with CABAC and transforms
// of 8×8, for which there is time where not all of the picture moves. Since its
// chroma is as fine as its luma, text that scrolls by any number of pixels is
// predicted to the bit, and a wide search for it, of whole pixels, costs no time.
// In 4:2:0, where motion is frequent, the search is wide for pictures that
// scrolled alone, and chroma that would move by half a sample is mended in every
// eighth (carry.c). Source code that scrolls by 5, 30 and 60 pixels a frame,
// 1280×720 at 60 fps:
//
//	           Mbit/s            luma, dB     processor, ms
//	4:4:4      0.5   2.2   4.1   57  56  56   5.7  6.6  7.1
//	4:2:0      1.1   1.4   2.5   57  55  55   5.5  5.2  7.5
//	… before   3.2   2.6  12.0   57  55  35   4.7  3.6  5.0
//
// At 1920×1080 it is 1.6, 1.9 and 2.9 Mbit/s instead of 4.9, 2.9 and 20. SSIM is
// the same or better; RGB is at 37 dB instead of 39 where chroma is mended later.
// Nothing of it is worth its time in motion, which it triples. OpenH264's
// settings for screens take 2.8, 1.7 and 3.9 Mbit/s for 5, 30 and 90 pixels, at
// 54 dB and in twice the time.
//
// # Rate
//
// The quantiser of each picture is ours (rate.go). libx264's own control codes
// a small copy of each picture to foresee what it costs, which is a third of
// the time at this preset, and spends the whole rate on pictures that are
// exact already. What stands still is coded again and again at finer
// quantisers, in few large steps, as far as the rate allows. A page of text that
// is turned has a cost of its own, learnt from those before, and takes what is
// sent in a twentieth of a second at once; sent again as often, it takes 44 dB
// after 150 ms and 49 after 300 at 12 Mbit/s, 1280×720.
//
//	capture ─▶ encode/x264 ─▶ streams
package x264
