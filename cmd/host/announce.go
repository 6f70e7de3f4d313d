package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	qrcode "github.com/skip2/go-qrcode"
)

// invitation is what a person needs to open the viewer.
type invitation struct {
	scheme      string
	listen      *net.TCPAddr
	token       string // "" without authentication
	fingerprint string // "" without a certificate of our own
	wayland     bool
	room        string // of SkyWay pages, or ""
	open        int    // API keys of theirs without a secret
}

// url is the viewer's, at address ip. The token is in the fragment, which a
// browser never sends.
func (i invitation) url(ip net.IP) string {
	u := i.scheme + "://" + net.JoinHostPort(ip.String(), fmt.Sprint(i.listen.Port)) + "/"
	if i.token != "" {
		u += "#token=" + i.token
	}
	return u
}

// addresses are where viewers reach the host, the best first.
func (i invitation) addresses() []net.IP {
	if !i.listen.IP.IsUnspecified() {
		return []net.IP{i.listen.IP}
	}
	var lan, all []net.IP
	for _, ip := range localIPs() {
		if v4 := ip.To4(); v4 != nil && !ip.IsLoopback() {
			lan = append(lan, ip)
		}
		all = append(all, ip)
	}
	if lan == nil {
		return all[:1]
	}
	return lan
}

// print writes the URL, and what goes with it.
func (i invitation) print(w io.Writer) {
	ips := i.addresses()
	best := i.url(ips[0])
	fmt.Fprintf(w, "\n  Open this in a browser:\n\n      %s\n\n", best)
	for _, ip := range ips[1:] {
		fmt.Fprintf(w, "      %s\n", i.url(ip))
	}
	if !ips[0].IsLoopback() {
		if qr, err := qrcode.New(best, qrcode.Low); err == nil {
			fmt.Fprintln(w, qr.ToSmallString(false))
		}
	}
	if i.fingerprint != "" {
		fmt.Fprintf(w, "  The browser warns of a certificate it does not know. Go on if it has this\n  SHA-256 fingerprint:\n\n      %s\n\n", i.fingerprint)
	}
	if i.scheme == "http" && !ips[0].IsLoopback() {
		fmt.Fprint(w, "  Without TLS a browser withholds from the page: keyboard lock (Esc, Alt+Tab\n  and the like stay with the viewer), the clipboard and gamepads; and anyone on\n  the way can read the token. Leave out --tls off for TLS.\n\n")
	}
	if i.token == "" {
		fmt.Fprint(w, "  Anyone who reaches this address is let in: --auth none.\n\n")
	}
	if i.room != "" {
		fmt.Fprintf(w, "  The desktop is in the room %q of SkyWay pages, for all who may enter it.\n", i.room)
		if i.open > 0 {
			fmt.Fprint(w, "  An API key without SECRET lets in whoever knows it: give it one, as KEY:SECRET.\n")
		}
		fmt.Fprintln(w)
	}
	if i.wayland {
		fmt.Fprint(w, "  This is a Wayland session: an X display here shows only the windows of X\n  programs, and black where others are. Log in to an Xorg session, or use\n  --virtual 1280x720 for a desktop of its own.\n\n")
	}
}

// writeURL puts the URL where a script finds it, whole or not at all.
func (i invitation) writeURL(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".url-*")
	if err != nil {
		return fmt.Errorf("--url-file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintln(f, i.url(i.addresses()[0]))
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("--url-file: %w", err)
	}
	return nil
}
