package peer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/streams"
)

// track sends one track of a stream to one remote.
type track struct {
	*media.Sender
	out    *outgoing
	sender *webrtc.RTPSender // set once it is added
	added  int64             // the change of what we want to send that it was
}

func newTrack(o *outgoing, s *streams.Track) *track {
	return &track{out: o, Sender: media.NewSender(s, media.SenderOptions{
		StreamID:    mediaStreamID(o.stream.id, media.KindOf(s.Codecs()[0])),
		Viewer:      o.remote.Viewer(),
		Controller:  o.remote.congestion,
		Packetizers: &o.remote.peer.packs,
		Resized:     o.resized,
	})}
}

// name is what pongs call it.
func (t *track) name() string { return trackName(t.out.stream.id, t.Kind()) }

// String names the track in logs.
func (t *track) String() string { return fmt.Sprintf("%s/%s", t.out.stream.Name(), t.Kind()) }

// trackName is how pongs name a track.
func trackName(stream int, kind webrtc.RTPCodecType) string {
	return strconv.Itoa(stream) + "/" + kind.String()
}

// Each track has a MediaStream of its own: a browser delays the picture to
// match sound that is in the same.
const mediaStreamPrefix = "causeway-"

func mediaStreamID(stream int, kind webrtc.RTPCodecType) string {
	return mediaStreamPrefix + strconv.Itoa(stream) + "-" + kind.String()
}

// parseMediaStreamID reads the number of a stream out of the id of one of its
// MediaStreams.
func parseMediaStreamID(id string) (stream int, ok bool) {
	number, kind, found := strings.Cut(strings.TrimPrefix(id, mediaStreamPrefix), "-")
	stream, err := strconv.Atoi(number)
	return stream, found && err == nil && stream > 0 && mediaStreamID(stream, webrtc.NewRTPCodecType(kind)) == id
}

// InboundTrack is a track of a stream that we watch.
type InboundTrack struct {
	*media.Receiver
	stream *InboundStream
}

func newInboundTrack(s *InboundStream, t *webrtc.TrackRemote, codec encode.Codec) *InboundTrack {
	r, name := s.remote, trackName(s.id, t.Kind())
	return &InboundTrack{stream: s, Receiver: media.NewReceiver(t, codec, media.ReceiverOptions{
		WriteRTCP: r.pc.WriteRTCP,
		RoundTrip: func() time.Duration {
			_, rtt, _ := r.Clock()
			return rtt
		},
		Captured: func(clockRate, timestamp uint32, now time.Duration) (time.Duration, bool) {
			return r.clock.captured(name, clockRate, timestamp, now)
		},
	})}
}

// Stream is the stream that it is a track of.
func (in *InboundTrack) Stream() *InboundStream { return in.stream }
