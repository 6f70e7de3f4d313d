package skywayserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// joined has clients join a mesh room one after the other.
func joined(t *testing.T, base, room string, ids ...string) []*client {
	t.Helper()
	var all []*client
	for i, id := range ids {
		c := open(t, base, id)
		c.send("ROOM_JOIN", fmt.Sprintf(`{"roomName":"%s","roomType":"mesh"}`, room))
		members, _ := json.Marshal(ids[:i+1])
		c.expect("ROOM_USER_JOIN", fmt.Sprintf(`{"roomName":"%s","src":"%s","roomMembers":%s}`, room, id, members))
		for _, other := range all {
			other.expect("ROOM_USER_JOIN", fmt.Sprintf(`{"roomName":"%s","src":"%s"}`, room, id))
		}
		all = append(all, c)
	}
	return all
}

func TestRooms(t *testing.T) {
	s, base := start(t, Options{})
	all := joined(t, base, "r", "a", "b", "c")
	a, b, c := all[0], all[1], all[2]
	c.send("ROOM_GET_USERS", `{"roomName":"r","type":"media"}`)
	c.expect("ROOM_USERS", `{"roomName":"r","type":"media","userList":["a","b","c"]}`)
	a.send("ROOM_SEND_DATA", `{"roomName":"r","data":{"text":"é"}}`)
	a.send("ROOM_SEND_DATA", `{"roomName":"r","data":{"x":[{"_placeholder":true,"num":0}]}}`, []byte{0, 255})
	for _, x := range []*client{b, c} {
		x.expect("ROOM_DATA", `{"roomName":"r","src":"a","data":{"text":"é"}}`)
		if p := x.expect("ROOM_DATA", `{"roomName":"r","src":"a","data":{"x":[{"_placeholder":true,"num":0}]}}`); string(p.Binary[0]) != "\x00\xff" {
			t.Errorf("the bytes came as %v", p.Binary)
		}
	}
	// Signals that name the room are for its members.
	a.send("SEND_OFFER", `{"dst":"b","roomName":"r"}`)
	b.expect("OFFER", `{"dst":"b","roomName":"r","src":"a"}`)
	d := open(t, base, "d")
	d.send("SEND_OFFER", `{"dst":"b","roomName":"r"}`)
	d.failed(RoomError)
	a.send("SEND_OFFER", `{"dst":"d","roomName":"r"}`)
	for _, event := range []string{"ROOM_SEND_DATA", "ROOM_GET_USERS", "ROOM_GET_LOGS", "SFU_GET_OFFER"} {
		d.send(event, `{"roomName":"r","data":1}`)
		d.failed(RoomError)
	}
	b.send("ROOM_LEAVE", `{"roomName":"r"}`)
	a.expect("ROOM_USER_LEAVE", `{"roomName":"r","src":"b"}`)
	_ = c.conn.CloseNow()
	a.expect("ROOM_USER_LEAVE", `{"roomName":"r","src":"c"}`)
	a.send("ROOM_GET_LOGS", `{"roomName":"r"}`)
	expectLog(t, a, "ROOM_USER_JOIN a", "ROOM_USER_JOIN b", "ROOM_USER_JOIN c", `ROOM_DATA a {"text":"é"}`,
		`ROOM_DATA a {"x":[{"data":[0,255],"type":"Buffer"}]}`, "ROOM_USER_LEAVE b", "ROOM_USER_LEAVE c")
	// A room that somebody is in may be joined again, one without anybody is forgotten.
	a.send("ROOM_JOIN", `{"roomName":"r","roomType":"mesh"}`)
	a.expect("ROOM_USER_JOIN", `{"roomName":"r","src":"a","roomMembers":["a"]}`)
	a.send("ROOM_LEAVE", `{"roomName":"r"}`)
	eventually(t, "the room is gone", func() bool { st := s.Stats(); return st.Rooms == 0 && st.LogBytes == 0 })
}

// expectLog receives a log with these entries: type, src and data.
func expectLog(t *testing.T, c *client, want ...string) {
	t.Helper()
	var got struct{ Log []string }
	if err := json.Unmarshal(c.expect("ROOM_LOGS", "").Arg, &got); err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, entry := range got.Log {
		var e struct {
			MessageType string
			Message     struct {
				Src  string
				Data json.RawMessage
			}
			Timestamp int64
		}
		if err := json.Unmarshal([]byte(entry), &e); err != nil || e.Timestamp < 1e12 {
			t.Errorf("entry %s: %v", entry, err)
		}
		said = append(said, strings.TrimSpace(fmt.Sprint(e.MessageType, " ", e.Message.Src, " ", string(e.Message.Data))))
	}
	if strings.Join(said, "\n") != strings.Join(want, "\n") {
		t.Errorf("the log is\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

func TestLogsAreBounded(t *testing.T) {
	s, base := start(t, Options{RoomLogBytes: 40_000, LogBytes: 50_000})
	a := joined(t, base, "r", "a")[0]
	count := func() (n, bytes int) {
		t.Helper()
		a.send("ROOM_GET_LOGS", `{"roomName":"r"}`)
		var got struct{ Log []string }
		if err := json.Unmarshal(a.expect("ROOM_LOGS", "").Arg, &got); err != nil {
			t.Fatal(err)
		}
		for _, entry := range got.Log {
			bytes += len(entry)
		}
		return len(got.Log), bytes
	}
	for i := range 150 {
		a.send("ROOM_SEND_DATA", fmt.Sprintf(`{"roomName":"r","data":%d}`, i))
	}
	if n, bytes := count(); n != 100 || s.Stats().LogBytes != bytes {
		t.Errorf("%d entries of %d bytes, counted as %d", n, bytes, s.Stats().LogBytes)
	}
	a.send("ROOM_SEND_DATA", `{"roomName":"r","data":"`+strings.Repeat("x", 30_000)+`"}`)
	if n, _ := count(); n != 100 {
		t.Errorf("%d entries after one that is too long", n)
	}
	for range 20 {
		a.send("ROOM_SEND_DATA", `{"roomName":"r","data":{"_placeholder":true,"num":0}}`, make([]byte, 2000))
	}
	if n, bytes := count(); n < 5 || n > 20 || bytes > 40_000 {
		t.Errorf("%d entries of %d bytes", n, bytes)
	}
	// One piece of bytes that stands in many places.
	a.send("ROOM_SEND_DATA", `{"roomName":"r","data":[`+strings.Repeat(`{"_placeholder":true,"num":0},`, 5000)+`1]}`, make([]byte, 2000))
	if _, bytes := count(); bytes > 40_000 {
		t.Errorf("%d bytes", bytes)
	}
	a.send("ROOM_JOIN", `{"roomName":"other","roomType":"mesh"}`)
	a.expect("ROOM_USER_JOIN", "")
	for range 100 {
		a.send("ROOM_SEND_DATA", `{"roomName":"other","data":"`+strings.Repeat("x", 1000)+`"}`)
	}
	count()
	if n := s.Stats().LogBytes; n > 50_000 {
		t.Errorf("both logs are of %d bytes", n)
	}
}

func TestRoomsAreBounded(t *testing.T) {
	_, base := start(t, Options{Rooms: 3, MembersPerRoom: 2, RoomsPerPeer: 2, SFU: newFakeSFU()})
	all := joined(t, base, "r", "a", "b")
	a, c := all[0], open(t, base, "c")
	join := func(x *client, room, kind string, ok bool) {
		t.Helper()
		x.send("ROOM_JOIN", fmt.Sprintf(`{"roomName":"%s","roomType":"%s"}`, room, kind))
		if ok {
			x.expect("ROOM_USER_JOIN", "")
		} else {
			x.failed(RoomError)
		}
	}
	join(c, "r", "mesh", false)
	join(c, "r", "sfu", false)
	join(c, "", "mesh", false)
	join(c, strings.Repeat("r", 300), "mesh", false)
	join(c, "s", "star", false)
	join(a, "s", "sfu", true)
	join(a, "t", "mesh", false)
	join(c, "t", "mesh", true)
	join(c, "u", "mesh", false)
	c.send("ROOM_JOIN", `7`)
	c.failed(RoomError)
}

func TestSFURooms(t *testing.T) {
	sfu := newFakeSFU()
	s, base := start(t, Options{SFU: sfu})
	said := func(want string) {
		t.Helper()
		if got := <-sfu.said; got != want {
			t.Errorf("the SFU was told %q, want %q", got, want)
		}
	}
	a, b := open(t, base, "a"), open(t, base, "b")
	a.send("ROOM_JOIN", `{"roomName":"r","roomType":"sfu"}`)
	a.expect("ROOM_USER_JOIN", `{"roomName":"r","src":"a","roomMembers":["a"]}`)
	a.send("SFU_GET_OFFER", `{"roomName":"r"}`)
	said("join " + openKey + "/r a")
	a.expect("SFU_OFFER", `{"roomName":"r","offer":{"type":"offer","sdp":"offer for a"},"msids":{"stream":"a"}}`)
	a.send("SFU_ANSWER", `{"roomName":"r","answer":{"type":"answer","sdp":"yes"}}`)
	said("answer a yes")
	a.send("SFU_CANDIDATE", `{"roomName":"r","candidate":{"candidate":"x","sdpMid":"0"}}`)
	said(`candidate a {"candidate":"x","sdpMid":"0"}`)
	a.send("SFU_CANDIDATE", `{"roomName":"r","candidate":null}`)
	a.send("SFU_GET_OFFER", `{"roomName":"r"}`)
	a.expect("SFU_OFFER", "")
	atA := <-sfu.last
	atA.Offer("more", nil)
	a.expect("SFU_OFFER", `{"roomName":"r","offer":{"type":"offer","sdp":"more"},"msids":{}}`)
	// The other type, the other way round.
	b.send("ROOM_JOIN", `{"roomName":"r","roomType":"mesh"}`)
	b.failed(RoomError)
	b.send("ROOM_JOIN", `{"roomName":"r","roomType":"sfu"}`)
	b.expect("ROOM_USER_JOIN", `{"roomName":"r","src":"b","roomMembers":["a","b"]}`)
	a.expect("ROOM_USER_JOIN", `{"roomName":"r","src":"b"}`)
	// What the SFU loses may be asked for again.
	atA.Closed(errors.New("lost"))
	a.failed(RoomError)
	a.send("SFU_GET_OFFER", `{"roomName":"r"}`)
	said("join " + openKey + "/r a")
	a.expect("SFU_OFFER", "")
	a.send("ROOM_LEAVE", `{"roomName":"r"}`)
	said("close a")
	b.expect("ROOM_USER_LEAVE", `{"roomName":"r","src":"a"}`)
	(<-sfu.last).Offer("too late", nil)
	b.send("SFU_GET_OFFER", `{"roomName":"r"}`)
	said("join " + openKey + "/r b")
	b.expect("SFU_OFFER", "")
	_ = b.conn.CloseNow()
	said("close b")
	eventually(t, "the room is gone", func() bool { return s.Stats().Rooms == 0 })
	// What came too late did not arrive.
	a.send("SEND_OFFER", `{"dst":"a"}`)
	a.expect("OFFER", "")
}

func TestSFURoomsAreRefused(t *testing.T) {
	_, base := start(t, Options{})
	a := open(t, base, "a")
	a.send("ROOM_JOIN", `{"roomName":"r","roomType":"sfu"}`)
	a.failed(RoomError)
	sfu := newFakeSFU()
	sfu.fail = errors.New("full")
	_, base = start(t, Options{SFU: sfu})
	b := dial(t, base, query(bareKey, "b", "t", nil), nil)
	b.expect("OPEN", "")
	b.send("ROOM_JOIN", `{"roomName":"r","roomType":"sfu"}`)
	b.failed(RoomError)
	a = open(t, base, "a")
	a.send("ROOM_JOIN", `{"roomName":"r","roomType":"sfu"}`)
	a.expect("ROOM_USER_JOIN", "")
	a.send("SFU_GET_OFFER", `{"roomName":"r"}`)
	a.failed(RoomError)
}
