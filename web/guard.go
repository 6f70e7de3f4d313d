package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Guard refuses requests that a foreign page had a browser send, and passes
// the others on.
//
// A page of another site can make its own name resolve to this machine and
// so become same-origin with us (DNS rebinding); but it cannot change what
// the browser sends as Host. So only hosts that no stranger can own pass:
// addresses, localhost, and the names in hosts. Other requests of foreign
// pages are told by Sec-Fetch-Site and Origin; following a link to us is not
// one of them.
func Guard(next http.Handler, hosts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !hostAllowed(r.Host, hosts):
			http.Error(w, "This host does not answer to the name in the address. "+
				"Use its IP address, or start it with that name allowed.", http.StatusMisdirectedRequest)
		case foreign(r):
			http.Error(w, "Requests from pages of other sites are refused.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// hostAllowed is true for a Host header that names an IP address, localhost
// or one of names.
func hostAllowed(host string, names []string) bool {
	if h, port, err := net.SplitHostPort(host); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return false
		}
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return plainName(host)
	}
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, host) })
}

// plainName is true for a name of letters, digits, dots and hyphens: it goes
// into a header of the answer.
func plainName(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

// foreign is true for a request that a page of another origin made, other
// than by navigating a window to us.
func foreign(r *http.Request) bool {
	site, mode, dest := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")
	if mode == "navigate" && dest == "document" && r.Method == http.MethodGet {
		return false
	}
	if site == "cross-site" || site == "same-site" {
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(u.Host, r.Host)
}
