package skyway

import (
	"github.com/causeway-rtc/causeway/peer/sfu"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

// SFU has s forward the media of SkyWay's rooms. Nil forwards none.
func SFU(s *sfu.SFU) skywayserver.SFU {
	if s == nil {
		return nil
	}
	return forwarder{s}
}

// forwarder is an SFU as SkyWay's server knows one.
type forwarder struct{ sfu *sfu.SFU }

// Join implements skywayserver.SFU.
func (f forwarder) Join(room, member string, o skywayserver.SFUOptions) (skywayserver.SFUMember, error) {
	m, err := f.sfu.Join(room, member, sfu.MemberOptions(o))
	if err != nil {
		return nil, err // and no member that is nil
	}
	return m, nil
}
