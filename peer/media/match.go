package media

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
)

// A MIME type is not a codec: under one name there are formats that no decoder
// of another reads, and only the parameters in SDP tell them apart. Pion, when
// it finds no codec with the parameters of another's, is content with its
// name, so what it says was agreed is looked at again here.

// Lookup returns the first of codecs that reads and is read by what has the
// parameters p; one with just these parameters goes first.
func Lookup(codecs []encode.Codec, p webrtc.RTPCodecCapability) (encode.Codec, bool) {
	for _, fits := range []func(encode.Codec, webrtc.RTPCodecCapability) bool{same, readable} {
		if i := slices.IndexFunc(codecs, func(c encode.Codec) bool { return fits(c, p) }); i >= 0 {
			return codecs[i], true
		}
	}
	return encode.Codec{}, false
}

// agree returns the first of codecs that is among the agreed, with its
// parameters there; just the same ones go first.
func agree(codecs []encode.Codec, agreed []webrtc.RTPCodecParameters) (encode.Codec, webrtc.RTPCodecParameters, bool) {
	for _, fits := range []func(encode.Codec, webrtc.RTPCodecCapability) bool{same, readable} {
		for _, c := range codecs {
			i := slices.IndexFunc(agreed, func(p webrtc.RTPCodecParameters) bool { return fits(c, p.RTPCodecCapability) })
			if i >= 0 && newPayloader(c) != nil {
				return c, agreed[i], true
			}
		}
	}
	return encode.Codec{}, webrtc.RTPCodecParameters{}, false
}

// same says whether c has the parameters p, as far as they matter.
func same(c encode.Codec, p webrtc.RTPCodecCapability) bool {
	return readable(c, p) && format(c.MIMEType, c.Fmtp).exact == format(p.MimeType, p.SDPFmtpLine).exact
}

// readable says whether a decoder of c reads what has the parameters p, and
// the other way round.
func readable(c encode.Codec, p webrtc.RTPCodecCapability) bool {
	return strings.EqualFold(c.MIMEType, p.MimeType) &&
		format(c.MIMEType, c.Fmtp).family == format(p.MimeType, p.SDPFmtpLine).family
}

// formatOf is what a codec's parameters say of its bitstream.
type formatOf struct {
	// family is that of the formats which each other's decoders read.
	family string
	// exact is what a peer must keep to the letter.
	exact string
}

// format reads the format parameters of a codec.
func format(mime, fmtp string) formatOf {
	get := parameter(fmtp)
	switch strings.ToLower(mime) {
	case "video/h264":
		return h264Format(get("profile-level-id", "42000a"), get("packetization-mode", "0"))
	case "video/vp9": // RFC 9628 §6
		profile := get("profile-id", "0")
		return formatOf{profile, profile}
	case "video/av1": // RTP Payload Format For AV1 §7.2.1
		profile := get("profile", "0")
		return formatOf{profile, profile}
	}
	return formatOf{}
}

// h264Format reads the parameters of RFC 6184 §8.1. Of the profiles, Baseline,
// Main, Extended and High have 4:2:0 in common, which is what decoders of any
// of them are asked to read; the level part says only how large a picture is.
func h264Format(profileLevelID, mode string) formatOf {
	id, err := hex.DecodeString(profileLevelID)
	if err != nil || len(id) != 3 {
		return formatOf{family: "unreadable"}
	}
	f := formatOf{exact: string(id[:2]) + mode, family: string(id[:1])}
	switch id[0] {
	case 66, 77, 88, 100:
		f.family = "4:2:0"
	}
	return f
}

// parameter returns the reader of a line of format parameters, which gives a
// parameter's value or what is assumed without it.
func parameter(fmtp string) func(name, otherwise string) string {
	return func(name, otherwise string) string {
		for pair := range strings.SplitSeq(fmtp, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if strings.EqualFold(key, name) {
				return strings.TrimSpace(value)
			}
		}
		return otherwise
	}
}
