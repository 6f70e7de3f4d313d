package skyway

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/peer/binarypack"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

// FuzzParse holds that nothing that a server says panics, and that what is
// taken is within its bounds.
func FuzzParse(f *testing.F) {
	for _, e := range [][2]string{
		{"OPEN", `{"peerId":"a","turnCredential":"x"}`},
		{"OPEN", `{"peerId":"a","turnCredential":{"username":"u","credential":"c"}}`},
		{"ERROR", `{"type":"room-error","message":"room \"r\": no"}`},
		{"OFFER", `{"src":"a","connectionId":"c","connectionType":"data","offer":{"type":"offer","sdp":"v=0"},"metadata":{"m":1},"dcInit":{"ordered":false,"maxRetransmits":1}}`},
		{"ANSWER", `{"src":"a","connectionId":"c","answer":{"type":"answer","sdp":""},"roomName":"r"}`},
		{"CANDIDATE", `{"src":"a","connectionId":"c","candidate":{"candidate":"x","sdpMid":"0","sdpMLineIndex":0}}`},
		{"FORCE_CLOSE", `{"src":"a","connectionId":"c"}`},
		{"LEAVE", `"a"`},
		{"AUTH_EXPIRES_IN", `300`},
		{"ROOM_USER_JOIN", `{"roomName":"r","src":"a","roomMembers":["a","b"]}`},
		{"ROOM_USERS", `{"roomName":"r","type":"media","userList":["a"]}`},
		{"ROOM_LOGS", `{"roomName":"r","log":["{}"]}`},
		{"ROOM_DATA", `{"roomName":"r","src":"a","data":{"x":[{"_placeholder":true,"num":0}]}}`},
		{"ROOM_DATA", `{"roomName":"r","src":"a","data":{"_placeholder":true,"num":1e300}}`},
		{"SFU_OFFER", `{"roomName":"r","offer":{"type":"offer","sdp":"o=- 1 1"},"msids":{"s":"a"}}`},
		{"NOBODY_KNOWS", `null`},
	} {
		f.Add(e[0], e[1], []byte{1, 2})
	}
	f.Fuzz(func(t *testing.T, name, arg string, piece []byte) {
		m, err := parse(skywayserver.Event{Name: name, Arg: json.RawMessage(arg), Binary: [][]byte{piece}})
		if err != nil {
			return
		}
		if s, ok := m.(*signal); ok && (s.Src == "" || len(s.Src) > maxName || s.Offer != nil && name == "OFFER" && len(s.Offer.SDP) > maxSDP) {
			t.Fatalf("%s %s was taken", name, arg)
		}
	})
}

// FuzzChunks holds that what a stranger sends on a data channel never panics,
// nor waits beyond its bound.
func FuzzChunks(f *testing.F) {
	m, v := describeValue(Blob{Name: "n", MIMEType: "m", Data: []byte("data")})
	packed, err := old.Marshal(v)
	if err != nil {
		f.Fatal(err)
	}
	whole, err := split(m, packed)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole[0], []byte{})
	long, err := split(map[string]any{keyID: "x"}, make([]byte, 20_000))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(long[1], long[0])
	f.Add([]byte{0x80}, []byte{0xc0})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		const limit = 30_000
		a := newAssembler(limit)
		for _, b := range [][]byte{first, second, first} {
			_, ok, err := a.add(bytes.Clone(b))
			if ok && err != nil || a.bytes > limit || a.bytes < 0 || len(a.open) > maxOpen {
				t.Fatalf("%v, %v, %d bytes of %d values wait", ok, err, a.bytes, len(a.open))
			}
			if err != nil {
				return // the connection ends
			}
		}
	})
}

// FuzzRoomData holds that values survive a room.
func FuzzRoomData(f *testing.F) {
	f.Add(`{"a":[1,"x",null]}`, []byte{1})
	f.Add(`{"_placeholder":true,"num":0}`, []byte{})
	f.Fuzz(func(t *testing.T, text string, piece []byte) {
		var inner any
		if json.Unmarshal([]byte(text), &inner) != nil || strings.Contains(text, "placeholder") {
			return
		}
		v := map[string]any{"inner": inner, "bytes": []any{piece, piece}}
		b, pieces, err := packRoom(v)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := unpackRoom(b, pieces); err != nil || !reflect.DeepEqual(back, v) {
			t.Fatalf("%v became %v, %v", v, back, err)
		}
	})
}

// FuzzDescription holds that no description makes its readers panic.
func FuzzDescription(f *testing.F) {
	f.Add("v=0\r\no=- 1 2 IN IP4 0\r\nm=video 9 X 96\r\nc=IN IP4 0\r\nb=AS:500\r\nb=TIAS:400000\r\nm=audio 9 X 1\r\nc=x\r\n")
	f.Fuzz(func(t *testing.T, sdp string) {
		if n := bandwidthOf(sdp, "video"); n < 0 {
			t.Fatalf("%d", n)
		}
		_ = sessionOf(sdp)
		_ = withBandwidth(sdp, CallOptions{VideoBandwidth: 1, AudioBandwidth: 2})
	})
}

func TestChunksAreBounded(t *testing.T) {
	chunk := func(id string, index, total int, data []byte) []byte {
		b, err := binarypack.Marshal(map[string]any{keyID: id, keyIndex: index, keyTotal: total, keyData: data})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const limit = 50_000
	a := newAssembler(limit)
	// Values that never end give way to others, the oldest first.
	for i := range 200 {
		if _, ok, err := a.add(chunk(random(16), 0, 2, make([]byte, 1000))); ok || err != nil {
			t.Fatal(i, ok, err)
		}
	}
	if a.bytes > limit || len(a.open) > maxOpen {
		t.Errorf("%d bytes of %d values wait", a.bytes, len(a.open))
	}
	last := a.open[len(a.open)-1].id
	packed, err := binarypack.Marshal("x")
	if err != nil {
		t.Fatal(err)
	}
	if v, ok, err := a.add(chunk("whole", 0, 1, packed)); v != "x" || !ok || err != nil {
		t.Error(v, ok, err)
	}
	if a.open[len(a.open)-1].id != last {
		t.Error("the newest value was given up")
	}
	for what, b := range map[string][]byte{
		"a value that is too long":  chunk("long", 0, 9, make([]byte, limit)),
		"a chunk that comes twice":  chunk(last, 0, 2, nil),
		"another number of chunks":  chunk(last, 1, 3, nil),
		"an index beyond the total": chunk("x", 2, 2, nil),
		"a negative index":          chunk("x", -1, 2, nil),
		"a long id":                 chunk(strings.Repeat("x", maxName+1), 0, 1, nil),
		"no chunk":                  {0x80},
		"no map":                    {7},
		"nothing":                   {},
	} {
		if _, _, err := a.add(b); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
}

func TestDescriptionsSayTheBandwidth(t *testing.T) {
	const sdp = "v=0\r\nc=IN IP4 0\r\nm=video 9 X 96\r\nc=IN IP4 0\r\na=x\r\nm=audio 9 X 1\r\nc=IN IP4 0\r\nm=application 9 X 1\r\nc=x\r\n"
	got := withBandwidth(sdp, CallOptions{VideoBandwidth: 500, AudioBandwidth: 32})
	want := "v=0\r\nc=IN IP4 0\r\nm=video 9 X 96\r\nc=IN IP4 0\r\nb=AS:500\r\nb=TIAS:500000\r\na=x\r\nm=audio 9 X 1\r\nc=IN IP4 0\r\nb=AS:32\r\nb=TIAS:32000\r\nm=application 9 X 1\r\nc=x\r\n"
	if got != want {
		t.Errorf("%q", got)
	}
	if video, audio := bandwidthOf(got, "video"), bandwidthOf(got, "audio"); video != 500_000 || audio != 32_000 {
		t.Errorf("%d %d", video, audio)
	}
	if n := bandwidthOf(sdp, "video"); n != 0 {
		t.Errorf("%d", n)
	}
	if n := bandwidthOf("m=video\r\nb=AS:4000000000\r\nb=AS:x\r\nb=CT:1\r\nb=TIAS:0\r\n", "video"); n != 0 {
		t.Errorf("%d", n)
	}
}
