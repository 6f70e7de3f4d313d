package media

import (
	"context"
	"errors"
	"testing"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// sharp is H.264 in 4:4:4, and the others what their names say.
var (
	sharp    = encode.Codec{Name: "sharp", MIMEType: "video/H264", ClockRate: 90000, Fmtp: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=f4001f"}
	sharpAV1 = encode.Codec{Name: "sharp-av1", MIMEType: "video/AV1", ClockRate: 90000, Fmtp: "level-idx=5;profile=1;tier=0"}
)

func described(mime, fmtp string) webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000, SDPFmtpLine: fmtp}
}

func TestLookupTellsFormatsOfOneNameApart(t *testing.T) {
	ours := []encode.Codec{sharp, encode.H264, encode.VP8, encode.VP9, sharpAV1, encode.AV1, encode.Opus}
	for _, c := range []struct{ mime, fmtp, want string }{
		{"video/H264", "packetization-mode=1;profile-level-id=42e01f", "h264"},
		{"video/h264", "profile-level-id=42E034; packetization-mode=1", "h264"},
		{"video/H264", "packetization-mode=1;profile-level-id=f4001f", "sharp"},
		{"video/H264", "packetization-mode=1;profile-level-id=f40034", "sharp"},
		// What else is 4:2:0 is read by the same decoders.
		{"video/H264", "packetization-mode=1;profile-level-id=640c1f", "h264"},
		{"video/H264", "packetization-mode=0;profile-level-id=42e01f", "h264"},
		{"video/H264", "", "h264"},
		{"video/H264", "profile-level-id=6e001f", ""}, // High 10
		{"video/H264", "profile-level-id=nonsense", ""},
		{"video/H264", "profile-level-id=42", ""},
		{"video/VP8", "", "vp8"},
		{"video/VP9", "", "vp9"},
		{"video/VP9", "profile-id=0", "vp9"},
		{"video/VP9", "profile-id=2", ""},
		{"video/AV1", "", "av1"},
		{"video/AV1", "level-idx=13;profile=0;tier=1", "av1"},
		{"video/AV1", "profile=1", "sharp-av1"},
		{"video/AV1", "profile=2", ""},
		{"audio/opus", "minptime=10", "opus"},
		{"video/H265", "", ""},
	} {
		if got, ok := Lookup(ours, described(c.mime, c.fmtp)); got.Name != c.want || ok != (c.want != "") {
			t.Errorf("%s %s: got %q, %v", c.mime, c.fmtp, got.Name, ok)
		}
	}
}

// offered is a source of nothing.
type offered []encode.Codec

func (o offered) Codecs() []encode.Codec                   { return o }
func (offered) Run(ctx context.Context, _ *streams.Demand) { <-ctx.Done() }

// chooser is a Sender that goes no further than to choose.
type chooser struct {
	*Sender
	chosen chan choice
}

type choice struct {
	codec  encode.Codec
	params webrtc.RTPCodecParameters
	err    error
}

func (c chooser) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	codec, params, err := c.choose(ctx.CodecParameters())
	c.chosen <- choice{codec, params, err}
	return params, err
}

// negotiate makes an offer of a track by a peer that has all the codecs in
// ours, answers it for one that has theirs, and returns what the first then
// chooses.
func negotiate(t *testing.T, ours, theirs, track []encode.Codec) choice {
	t.Helper()
	var pcs []*webrtc.PeerConnection
	for _, c := range [][]encode.Codec{ours, theirs} {
		engine, err := Engine(c)
		if err != nil {
			t.Fatal(err)
		}
		pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(engine)).NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = pc.Close() })
		pcs = append(pcs, pc)
	}
	s := chooser{NewSender(streams.NewTrack("test", offered(track)), SenderOptions{}), make(chan choice, 1)}
	transceiver, err := pcs[0].AddTransceiverFromTrack(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := transceiver.SetCodecPreferences(Preferences(ours, s.Source().Codecs())); err != nil {
		t.Fatal(err)
	}
	offer, err := pcs[0].CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pcs[1].SetRemoteDescription(offer); err != nil {
		t.Fatal(err)
	}
	answer, err := pcs[1].CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pcs[0].SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	if err := pcs[0].SetRemoteDescription(answer); err != nil && !errors.Is(err, ErrNoCodec) {
		t.Fatal(err)
	}
	return <-s.chosen
}

func TestWhatIsAgreedIsOfTheProfileThatIsSent(t *testing.T) {
	type list = []encode.Codec
	for _, c := range []struct {
		name                string
		ours, theirs, track list
		want                string
	}{
		{"the first of ours", list{sharp, encode.H264}, list{encode.H264, sharp}, list{sharp, encode.H264}, "sharp"},
		{"in the other order", list{encode.H264, sharp}, list{sharp, encode.H264}, list{encode.H264, sharp}, "h264"},
		{"what they lack is not sent", list{sharp, encode.H264}, list{encode.H264}, list{sharp, encode.H264}, "h264"},
		{"only one is offered", list{encode.H264, sharp}, list{encode.H264, sharp}, list{sharp}, "sharp"},
		{"of AV1 too", list{sharpAV1, encode.AV1}, list{encode.AV1, sharpAV1}, list{encode.AV1}, "av1"},
		{"of another name", list{sharp, encode.VP8}, list{encode.H264, encode.VP8}, list{sharp, encode.VP8}, "vp8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := negotiate(t, c.ours, c.theirs, c.track)
			if got.err != nil || got.codec.Name != c.want {
				t.Fatalf("got %+v, want %s", got, c.want)
			}
			if read, ok := Lookup(c.theirs, got.params.RTPCodecCapability); !ok || read.Name != c.want {
				t.Errorf("the other side takes %s for %q", got.params.SDPFmtpLine, read.Name)
			}
		})
	}
}

// Pion answers that it takes what has the right name, when nothing else fits.
// Neither side of ours then believes it.
func TestWhatOnlyHasTheNameIsNotAgreed(t *testing.T) {
	got := negotiate(t, []encode.Codec{sharp}, []encode.Codec{encode.H264}, []encode.Codec{sharp})
	if read, ok := Lookup([]encode.Codec{encode.H264}, got.params.RTPCodecCapability); ok {
		t.Errorf("%s is read as %s", got.params.SDPFmtpLine, read.Name)
	}
	agreed := []webrtc.RTPCodecParameters{{RTPCodecCapability: described(encode.H264.MIMEType, encode.H264.Fmtp)}}
	if c, _, ok := agree([]encode.Codec{sharp}, agreed); ok {
		t.Errorf("%s is sent to what takes %s", c.Name, encode.H264.Fmtp)
	}
}

// A packet sent again must name the codec that it is of.
func TestEachFormatHasRetransmissionsOfItsOwn(t *testing.T) {
	ours := []encode.Codec{encode.H264, sharp}
	got := negotiate(t, ours, ours, []encode.Codec{sharp})
	offer := Preferences(ours, ours)
	if got.err != nil || offer[2].PayloadType != got.params.PayloadType || offer[3].SDPFmtpLine != "apt=98" {
		t.Errorf("%+v is sent again as %+v", got, offer[3])
	}
}
