package skywayserver

// Addr is the IP address that the peer of that key and id is connected from,
// for IPv6 its /64. It is empty for a peer that is not there, or is in this
// process.
func (s *Server) Addr(key, id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.members[peerID{key, id}]
	if m == nil {
		return ""
	}
	if c, ok := m.link.(*conn); ok {
		return c.addr
	}
	return ""
}
