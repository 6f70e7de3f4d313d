package peer

import "github.com/causeway-rtc/causeway/peer/media"

// TrackStats is how one track that a remote watches fares.
type TrackStats struct {
	media.SenderStats
	// Stream is the number of the stream.
	Stream int
}

// Stats returns how the tracks that the remote watches fare, in the order of
// the streams and of their tracks.
func (r *Remote) Stats() []TrackStats {
	var all []TrackStats
	for _, o := range r.outgoings() {
		for _, t := range o.trackList() {
			all = append(all, TrackStats{t.Stats(), o.stream.id})
		}
	}
	return all
}
