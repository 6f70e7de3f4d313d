package media

import "strings"

// Takes looks in a description for a media section of this kind, "video" or
// "audio", whose maker would receive it (RFC 8866 §6.7).
func Takes(sdp, kind string) bool {
	for _, section := range strings.Split(sdp, "\nm=")[min(1, strings.Count(sdp, "\nm=")):] {
		line, _, _ := strings.Cut(section, "\n")
		if strings.HasPrefix(line, kind+" ") && !strings.HasPrefix(line, kind+" 0 ") &&
			!strings.Contains(section, "\na=sendonly") && !strings.Contains(section, "\na=inactive") {
			return true
		}
	}
	return false
}

// WithoutEmpty takes back the promise of media where there is no track. Pion
// makes it in answers, and pages would show a stream of nothing.
func WithoutEmpty(sdp string) string {
	sections := strings.Split(sdp, "\nm=")
	for i, section := range sections {
		if i > 0 && !strings.Contains(section, "\na=msid:") {
			section = strings.Replace(section, "\na=sendonly", "\na=inactive", 1)
			sections[i] = strings.Replace(section, "\na=sendrecv", "\na=recvonly", 1)
		}
	}
	return strings.Join(sections, "\nm=")
}
