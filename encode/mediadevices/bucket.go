package mediadevices

// bucket bounds the rate of an encoder that does not do so itself: it says
// when the next frame must be left out for what the ones before it took.
// OpenH264 in its camera mode never quantises harder than 42, so a hard scene
// overshoots without end.
type bucket struct {
	fps, perFrame float64
	// bits is how far the encoder is ahead of its rate.
	bits float64
}

// bucketFrames is how many frames' shares an encoder may be ahead.
const bucketFrames = 6

func newBucket(bps, fps int) bucket {
	return bucket{fps: float64(fps), perFrame: float64(bps) / float64(fps)}
}

// full says whether the next frame must be left out.
func (b *bucket) full() bool { return b.bits > bucketFrames*b.perFrame }

// add counts a frame of so many bytes.
func (b *bucket) add(bytes int) { b.bits = max(0, b.bits+8*float64(bytes)-b.perFrame) }
