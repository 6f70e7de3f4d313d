package ffmpeg

// Files names the two libraries, as the dynamic linker looks them up: by
// soname, or by path.
type Files struct{ AVUtil, AVCodec string }

// Picture is what a decoder made, in FFmpeg's memory: valid until the next
// call.
type Picture struct {
	Width, Height int
	// Format is a number of AVPixelFormat.
	Format int
	Data   [3][]byte
	Stride [3]int
}

// The pixel formats that we can tell apart. Their numbers are part of FFmpeg's
// stable interface.
const (
	YUV420P  = 0
	YUV444P  = 5
	YUVJ420P = 12
)

// EncoderOptions is what an encoder is opened with.
type EncoderOptions struct {
	// Name is FFmpeg's name of the encoder: "h264_nvenc".
	Name string
	// Width and Height of the pictures, which are in NV12, so both are even.
	Width, Height int
	// Device is the kind of device from whose memory the encoder takes its
	// pictures, which are then uploaded: "vaapi". Empty for main memory.
	Device string
	// Settings are options of the encoder and of libavcodec, set in order.
	Settings []Setting
}

// Setting is one option and its value.
type Setting struct {
	Name, Value string
	// Optional is true for an option that some releases and some encoders
	// lack, and may.
	Optional bool
}
