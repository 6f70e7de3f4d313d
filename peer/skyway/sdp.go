package skyway

import (
	"strconv"
	"strings"
)

// withBandwidth asks the other side not to send more than the options say, in
// each media section (RFC 8866 §5.8). Chromium reads AS, Firefox TIAS.
func withBandwidth(sdp string, o CallOptions) string {
	sections := strings.SplitAfter(sdp, "\r\n")
	var b strings.Builder
	kbps := 0 // of the section, until its line is written
	for _, line := range sections {
		switch {
		case strings.HasPrefix(line, "m=video "):
			kbps = o.VideoBandwidth
		case strings.HasPrefix(line, "m=audio "):
			kbps = o.AudioBandwidth
		case strings.HasPrefix(line, "m="):
			kbps = 0
		}
		b.WriteString(line)
		if kbps > 0 && strings.HasPrefix(line, "c=") {
			b.WriteString("b=AS:" + strconv.Itoa(kbps) + "\r\nb=TIAS:" + strconv.Itoa(kbps*1000) + "\r\n")
			kbps = 0
		}
	}
	return b.String()
}

// bandwidthOf is what a description allows to be sent to its maker in sections
// of a kind, in bits a second, and 0 when it does not say.
func bandwidthOf(sdp, kind string) int {
	within, least := false, 0
	for line := range strings.Lines(sdp) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "m=") {
			within = strings.HasPrefix(line, "m="+kind+" ")
		}
		unit, value, ok := strings.Cut(strings.TrimPrefix(line, "b="), ":")
		n, err := strconv.ParseUint(value, 10, 31)
		if !within || !strings.HasPrefix(line, "b=") || !ok || err != nil || n == 0 {
			continue
		}
		switch unit {
		case "AS":
			n *= 1000
		case "TIAS":
		default:
			continue
		}
		if bits := int(min(n, 1<<31-1)); least == 0 || bits < least {
			least = bits
		}
	}
	return least
}
