package peerserver

import (
	"maps"
	"net/netip"
	"slices"
)

// IDs are the ids of all peers, in order, whatever AllowDiscovery says: this
// is for the process that the server is in.
func (s *Server) IDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.members))
}

// Addr is the IP address that the peer with this id is connected from, for
// IPv6 the first of its /64. It is empty for a peer that is not there, or is
// in this process.
func (s *Server) Addr(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.members[id]
	if m == nil || m.addr == localAddr {
		return ""
	}
	if network, err := netip.ParsePrefix(m.addr); err == nil {
		return network.Addr().String()
	}
	return m.addr
}
