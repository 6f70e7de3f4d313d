package engineio

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// AllowPages sets the headers that let the page that sent r read the answer,
// also when its browser sends cookies along (Fetch §3.3), and answers what a
// preflight asks. It is false when the page is not of the origins, of which
// nil, and "*", allow all.
func AllowPages(w http.ResponseWriter, r *http.Request, origins []string) bool {
	h, origin := w.Header(), r.Header.Get("Origin")
	h.Add("Vary", "Origin")
	if origin == "" {
		return true
	}
	if origins != nil && !slices.Contains(origins, origin) && !slices.Contains(origins, "*") {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET,HEAD,POST")
		h.Add("Vary", "Access-Control-Request-Headers")
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			h.Set("Access-Control-Allow-Headers", asked)
		}
	}
	return true
}

// Address is what clients are counted by: the IP address that r comes from, or
// its network where one client has many. Behind a proxy it is the last entry
// of X-Forwarded-For, which that has written.
func Address(r *http.Request, proxied bool) string {
	addr := r.RemoteAddr
	if forwarded := r.Header.Values("X-Forwarded-For"); proxied && len(forwarded) > 0 {
		last := forwarded[len(forwarded)-1]
		addr = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	}
	if host, _, err := net.SplitHostPort(addr); err == nil {
		addr = host
	}
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() && !ip.IsLoopback() {
		if network, err := ip.Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}
