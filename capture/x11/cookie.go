package x11

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
)

// The families of Xau(3) that name a host by its name, and any host.
const (
	familyLocal = 256
	familyWild  = 65535
)

// findCookie returns the cookie for a in hexadecimal, or "" when the user has
// none. Many displays want none, so that a file is missing is no error.
func findCookie(a address) string {
	path := os.Getenv("XAUTHORITY")
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		path = filepath.Join(home, ".Xauthority")
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	host := a.host
	if host == "" || host == "localhost" {
		host, _ = os.Hostname()
	}
	return matchCookie(file, host, a.number)
}

// matchCookie looks through the entries of an authority file for the first
// that fits the host and the display's number.
func matchCookie(file []byte, host, number string) string {
	for len(file) >= 2 {
		family := binary.BigEndian.Uint16(file)
		file = file[2:]
		var field [4][]byte // address, number, name, data
		for i := range field {
			if len(file) < 2 {
				return ""
			}
			n := 2 + int(binary.BigEndian.Uint16(file))
			if len(file) < n {
				return ""
			}
			field[i], file = file[2:n], file[n:]
		}
		here := family == familyWild || family == familyLocal && string(field[0]) == host
		fits := here && (len(field[1]) == 0 || string(field[1]) == number)
		if fits && bytes.Equal(field[2], []byte("MIT-MAGIC-COOKIE-1")) && len(field[3]) == 16 {
			return hex.EncodeToString(field[3])
		}
	}
	return ""
}
