package media

import "testing"

func TestSectionsTake(t *testing.T) {
	for sdp, want := range map[string][2]bool{
		"": {}, "v=0\r\n": {},
		"v=0\r\nm=video 9 x\r\na=sendrecv\r\n":                                     {true, false},
		"v=0\r\nm=audio 9 x\r\na=recvonly\r\nm=video 9 x\r\na=sendonly\r\n":        {false, true},
		"v=0\r\nm=video 0 x\r\nm=audio 9 x\r\na=inactive\r\nm=application 9 x\r\n": {},
		"m=video 9 x\r\n": {},
	} {
		if got := [2]bool{Takes(sdp, "video"), Takes(sdp, "audio")}; got != want {
			t.Errorf("%q: %v", sdp, got)
		}
	}
}
