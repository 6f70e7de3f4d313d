package x11

import (
	"encoding/binary"
	"testing"
)

func TestDisplayNames(t *testing.T) {
	for name, want := range map[string]address{
		":0":              {network: "unix", addr: "/tmp/.X11-unix/X0", number: "0"},
		":12.1":           {network: "unix", addr: "/tmp/.X11-unix/X12", number: "12", screen: 1},
		"unix:3":          {network: "unix", addr: "/tmp/.X11-unix/X3", number: "3"},
		"box:0":           {network: "tcp", addr: "box:6000", host: "box", number: "0"},
		"tcp/box:1.0":     {network: "tcp", addr: "box:6001", host: "box", number: "1"},
		"[::1]:2":         {network: "tcp", addr: "[::1]:6002", host: "::1", number: "2"},
		"/tmp/launch/x:0": {network: "unix", addr: "/tmp/launch/x:0", number: "0"},
	} {
		if got, err := parseAddress(name); err != nil || got != want {
			t.Errorf("parseAddress(%q) = %+v, %v, want %+v", name, got, err, want)
		}
	}
	for _, name := range []string{"", "0", ":", ":x", ":-1", ":0.", ":0.x", ":99999", "udp/box:0"} {
		if got, err := parseAddress(name); err == nil {
			t.Errorf("parseAddress(%q) = %+v, want an error", name, got)
		}
	}
}

// entry is one entry of an authority file.
func entry(family uint16, host, number, name, data string) []byte {
	b := binary.BigEndian.AppendUint16(nil, family)
	for _, field := range []string{host, number, name, data} {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(field))), field...)
	}
	return b
}

func TestCookieIsTheFirstThatFits(t *testing.T) {
	const magic = "MIT-MAGIC-COOKIE-1"
	var file []byte
	file = append(file, entry(familyLocal, "other", "0", magic, "0123456789abcdef")...)
	file = append(file, entry(familyLocal, "here", "0", "XDM-AUTHORIZATION-1", "0123456789abcdef")...)
	file = append(file, entry(familyLocal, "here", "0", magic, "aaaaaaaaaaaaaaaa")...)
	file = append(file, entry(familyWild, "", "", magic, "bbbbbbbbbbbbbbbb")...)
	for number, want := range map[string]string{
		"0": "61616161616161616161616161616161", "1": "62626262626262626262626262626262",
	} {
		if got := matchCookie(file, "here", number); got != want {
			t.Errorf("cookie of :%s = %q, want %q", number, got, want)
		}
	}
	if got := matchCookie(nil, "here", "0"); got != "" {
		t.Errorf("cookie of nothing = %q", got)
	}
}

// FuzzMatchCookie feeds what another program may have written to the file.
func FuzzMatchCookie(f *testing.F) {
	f.Add(entry(familyWild, "", "", "MIT-MAGIC-COOKIE-1", "bbbbbbbbbbbbbbbb"))
	f.Add([]byte{1, 0, 0, 9, 'x'})
	f.Fuzz(func(t *testing.T, file []byte) {
		if c := matchCookie(file, "here", "0"); c != "" && len(c) != 32 {
			t.Errorf("a cookie of %d digits", len(c))
		}
	})
}
