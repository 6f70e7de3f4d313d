package skyway

import (
	"testing"

	"github.com/causeway-rtc/causeway/peer/skywayserver"
	"github.com/causeway-rtc/causeway/streams"
)

func TestMembersSeeEachOther(t *testing.T) {
	for _, mode := range []RoomMode{Mesh, SFU} {
		t.Run(string(mode), func(t *testing.T) {
			s := newServer(t, skywayserver.Options{SFU: newForwarder(t)})
			var rooms []*Room
			var started []<-chan RoomTrackStarted
			for _, id := range []string{"a", "b", "c"} {
				p := runOpen(t, id, Options{Server: s})
				started = append(started, collect[RoomTrackStarted](p))
				r, err := p.JoinRoom(soon(t), "r", RoomOptions{Mode: mode, CallOptions: CallOptions{Tracks: []*streams.Track{source(t)}}})
				if err != nil {
					t.Fatal(err)
				}
				rooms = append(rooms, r)
			}
			watchAll(t, rooms[0], started[0], "b", "c")
			watchAll(t, rooms[1], started[1], "a", "c")
			watchAll(t, rooms[2], started[2], "a", "b")
		})
	}
}
