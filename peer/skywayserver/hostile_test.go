package skywayserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/socketio"
)

func TestWhatIsNoPacketEndsTheConnection(t *testing.T) {
	s, base := start(t, Options{})
	for _, said := range []string{
		"47", "42", "42[]", "42[1]", `42["X"`, "4\xff", `451-["X",{"_placeholder":true,"num":5}]`, `4599999-["X"]`, "\x04", "x", "",
	} {
		c := open(t, base, "a")
		typ := websocket.MessageText
		if said == "\x04" {
			typ = websocket.MessageBinary // which no packet has announced
		}
		c.write(typ, said)
		if p, err := c.receive(); err == nil {
			t.Errorf("%q was answered by %s", said, p.Name)
		}
		eventually(t, "it is gone", func() bool { return s.Stats() == Stats{} })
	}
}

func TestWhatMeansNothingIsIgnored(t *testing.T) {
	_, base := start(t, Options{SFU: newFakeSFU()})
	a := open(t, base, "a")
	for name := range handlers() {
		if name == "ROOM_JOIN" || name == "ROOM_GET_USERS" || name == "ROOM_GET_LOGS" || name == "SFU_GET_OFFER" {
			continue // are answered by an error
		}
		for _, arg := range []string{"", "null", "7", `"x"`, "[]", "{}", `{"dst":7}`, `{"dst":"b","roomName":{}}`, `{"roomName":[],"data":null}`, `{"dst":["a"]}`, `{"DST":"a"}`} {
			a.send(name, arg)
		}
	}
	a.send("NONSENSE", `{"dst":"a"}`)
	a.write(websocket.MessageText, "40/admin,") // a namespace that there is not
	a.send("SEND_OFFER", `{"dst":"a","n":12345678901234567890}`)
	a.expect("OFFER", "")
}

func TestLongMessagesAreRefused(t *testing.T) {
	s, base := start(t, Options{MaxData: 100_000, MaxSignal: 10_000})
	all := joined(t, base, "r", "a", "b")
	a, b := all[0], all[1]
	a.send("SEND_OFFER", `{"dst":"b","x":"`+strings.Repeat("x", 10_000)+`"}`)
	a.failed(ServerError)
	a.send("SEND_OFFER", `{"dst":"b","x":{"_placeholder":true,"num":0}}`, make([]byte, 10_000))
	a.failed(ServerError)
	a.send("ROOM_SEND_DATA", `{"roomName":"r","data":"`+strings.Repeat("x", 100_000)+`"}`)
	if p := b.expect("ROOM_DATA", ""); len(p.Arg) < 100_000 {
		t.Errorf("%d bytes arrived", len(p.Arg))
	}
	// The socket gives up on what is longer than anything may be.
	_ = a.conn.Write(t.Context(), websocket.MessageText, []byte(`42["ROOM_SEND_DATA","`+strings.Repeat("x", 200_000)))
	b.expect("ROOM_USER_LEAVE", `{"roomName":"r","src":"a"}`)
	eventually(t, "nothing is held", func() bool { st := s.Stats(); return st.Peers == 1 && st.Bytes == 0 })
}

// heap is the memory in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A member that never reads must not hold up who sends to the room, nor make
// the server keep all of it.
func TestMembersThatDoNotReadAreCheap(t *testing.T) {
	s, base := start(t, Options{MaxData: 100_000, MaxSignal: 10_000, Rate: 1e6, Burst: 1e6, PingTimeout: time.Hour})
	all := joined(t, base, "r", "a", "b", "deaf")
	a, b := all[0], all[1]
	before := heap()
	data := `{"roomName":"r","data":"` + strings.Repeat("x", 90_000) + `"}`
	for range 100 {
		a.send("ROOM_SEND_DATA", data)
		for name := ""; name != "ROOM_DATA"; { // or that the deaf one has left
			p, err := b.receive()
			if err != nil {
				t.Fatal(err)
			}
			name = p.Name
		}
	}
	if after := heap(); after > before+64<<20 {
		t.Errorf("the heap has grown by %d MiB", (after-before)>>20)
	}
	if st := s.Stats(); st.Bytes > 2<<20 {
		t.Errorf("%+v", st)
	}
}

// Whose connection was taken over can do nothing more with it.
func TestOldConnectionsAreNobody(t *testing.T) {
	s, base := start(t, Options{})
	a, b := open(t, base, "a"), open(t, base, "b")
	s.mu.Lock()
	old := s.members[peerID{openKey, "a"}].link.(*conn)
	s.mu.Unlock()
	open(t, base, "a")
	p := &rawEvent("SEND_OFFER", json.RawMessage(`{"dst":"b"}`), nil).packet
	old.Message(textOf(p))
	b.send("SEND_OFFER", `{"dst":"b","own":true}`)
	b.expect("OFFER", `{"dst":"b","src":"b","own":true}`)
	if _, err := a.receive(); err == nil {
		t.Error("the old connection is still there")
	}
}

func TestFloodsOfRoomsAreBounded(t *testing.T) {
	s, base := start(t, Options{Rooms: 50, RoomsPerPeer: 10})
	for i := range 8 {
		c := open(t, base, fmt.Sprint("p", i))
		for j := range 20 {
			c.send("ROOM_JOIN", fmt.Sprintf(`{"roomName":"%d of %d","roomType":"mesh"}`, j, i))
		}
		c.send("SEND_OFFER", fmt.Sprintf(`{"dst":"p%d"}`, i))
		for {
			p, err := c.receive()
			if err != nil {
				t.Fatal(err)
			}
			if p.Name == "OFFER" {
				break
			}
		}
	}
	if st := s.Stats(); st.Rooms != 50 {
		t.Errorf("%+v", st)
	}
}

// FuzzAct holds that nothing a peer says makes the server panic, and that all
// it says to others is a packet.
func FuzzAct(f *testing.F) {
	names := slices.Sorted(maps.Keys(handlers()))
	for i, arg := range []string{
		`{"dst":"b","offer":{"type":"offer","sdp":"v=0"},"roomName":"r"}`, `{"roomName":"new","roomType":"sfu"}`, `{"roomName":"r","data":{"_placeholder":true,"num":0}}`,
		`{"roomName":"s","answer":{"sdp":1}}`, `{"timestamp":1,"ttl":2,"authToken":"AA=="}`, `{"roomName":"r","roomName":"s","\u0064st":"b"}`, `[[[]]]`,
	} {
		for j := range names {
			f.Add(uint8(j), arg, []byte{byte(i)})
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, arg string, piece []byte) {
		s := New(Options{Keys: testKeys(), SFU: newFakeSFU()})
		defer s.Close()
		links := map[string]*fakeLink{"a": {}, "b": {}}
		members := map[string]*member{}
		for id, l := range links {
			m, err := s.admit(wish{key: openKey, id: id, token: id, loopback: true}, l)
			if err != nil {
				t.Fatal(err)
			}
			members[id] = m
			s.join(m, "r", kindMesh)
			s.join(m, "s", kindSFU)
		}
		d := socketio.Decoder{MaxBinary: maxBinary}
		said := socketio.Packet{Type: socketio.Event, Name: names[int(which)%len(names)], Arg: json.RawMessage(arg), Binary: [][]byte{piece}}
		p, err := d.Text(said.Text())
		if err == nil && p == nil {
			p, err = d.Binary(piece)
		}
		if err != nil {
			return
		}
		s.act(members["a"], p)
		for id, l := range links {
			for _, told := range l.said {
				name, arg, _ := strings.Cut(told, " ")
				if !json.Valid([]byte(arg)) || strings.HasPrefix(name, "SEND_") {
					t.Fatalf("%s was told %s", id, told)
				}
			}
		}
	})
}
