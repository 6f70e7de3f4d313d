package ffmpeg

// release is a release of FFmpeg by the major versions of its libraries.
type release struct {
	ffmpeg          string
	avutil, avcodec int
}

// releases are those whose structs were looked at, newest first.
func releases() []release {
	return []release{
		{"8", 60, 62},
		{"7", 59, 61},
		{"6", 58, 60},
		{"5", 57, 59},
	}
}
