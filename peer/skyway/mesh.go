package skyway

import (
	"net"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/events"
)

// Connections are those with the other members of a mesh, by their ids.
func (r *Room) Connections() map[string][]*Connection { return r.p.connections(r) }

// dialAll calls the members with whom we are not connected.
func (r *Room) dialAll() {
	connected := r.Connections()
	for _, id := range r.Members() {
		if len(connected[id]) > 0 {
			continue
		}
		c := r.p.newConnection(Media, calls.Key{Remote: id, ID: "mc_" + random(16)}, true, nil)
		c.room = r
		c.media = &MediaConnection{Connection: c, o: r.options()}
		if !r.p.conns.Admit(c.life, c, c.run) {
			r.p.log.Warn("a member was not called: too many connections", "room", r.name, "peer", id)
			continue
		}
		r.settle(c)
	}
}

// settle ends c at once if we are leaving.
func (r *Room) settle(c *Connection) {
	if r.ctx.Err() != nil {
		c.life.End(net.ErrClosed)
	}
}

// takes is true when an offer of another member is to be answered. When two
// have called each other, the call of the one whose id is larger stands. A new
// call takes the place of one that was answered: its maker knows best.
func (r *Room) takes(m *signal) bool {
	if r.mode != Mesh || m.ConnectionType != Media {
		return false
	}
	for _, c := range r.Connections()[m.Src] {
		if !c.life.Answered() && r.p.ID() > m.Src {
			return false
		}
	}
	for _, c := range r.Connections()[m.Src] {
		c.life.End(ErrHungUp)
	}
	return true
}

// answer answers another member's call.
func (r *Room) answer(m *MediaConnection) {
	m.life.Accept(func() { m.setOptions(r.options()) })
	r.settle(m.Connection)
}

// forget ends the connections with a member that has left.
func (r *Room) forget(id string) {
	for _, c := range r.Connections()[id] {
		c.life.End(ErrHungUp)
	}
	if r.sfu != nil {
		r.sfu.forget(id)
	}
}

// onTrack is told of a track of a member's in a mesh.
func (r *Room) onTrack(id string, t *Track) {
	events.Emit(&r.p.hub, RoomTrackStarted{Room: r, ID: id, Track: t})
}
