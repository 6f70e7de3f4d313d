package socketio

import (
	"bytes"
	"slices"
	"testing"
)

func TestPackets(t *testing.T) {
	for text, want := range map[string]Packet{
		`0`:                     {Type: Connect, Namespace: "/"},
		`0/room?a=b,`:           {Type: Connect, Namespace: "/room?a=b"},
		`1`:                     {Type: Disconnect, Namespace: "/"},
		`2["PING"]`:             {Type: Event, Namespace: "/", Name: "PING"},
		`217["X",{"a": [1]},2]`: {Type: Event, Namespace: "/", Name: "X", Arg: []byte(`{"a": [1]}`)},
		`2/n,["\u00e9",null]`:   {Type: Event, Namespace: "/n", Name: "é", Arg: []byte("null")},
		`4"no"`:                 {Type: Error, Namespace: "/", Arg: []byte(`"no"`)},
		`50-["X",1]`:            {Type: Event, Namespace: "/", Name: "X", Arg: []byte("1")},
	} {
		var d Decoder
		p, err := d.Text([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if p.Type != want.Type || p.Namespace != want.Namespace || p.Name != want.Name || !bytes.Equal(p.Arg, want.Arg) {
			t.Errorf("%s was read as %+v", text, p)
		}
	}
	for _, text := range []string{
		"", "7", "x", `2`, `2[]`, `2[1]`, `2{"a":1}`, `2["X"`, `2["X"] ` + "\xff", `5["X"]`, `5-["X"]`, `51000000-["X"]`, `5-1-["X"]`, `2[["X"]]`,
		`51-["X",{"_placeholder":true,"num":1}]`, `51-["X",[{"_placeholder":1,"num":-1}]]`, `51-["X",{"a":{"_placeholder":true,"num":0.5}}]`,
		`51-["X",{"_placeholder":"yes"}]`, `53-["X",{"_placeholder":true,"num":0}]`,
	} {
		d := Decoder{MaxBinary: 2}
		if p, err := d.Text([]byte(text)); err == nil {
			t.Errorf("%s was read as %+v", text, p)
		}
	}
}

func TestBytesFollow(t *testing.T) {
	d := Decoder{MaxBinary: 2}
	const text = `52-["X",{"a":{"_placeholder":true,"num":0},"b":[{"num":1,"_placeholder":true}]}]`
	if p, err := d.Text([]byte(text)); p != nil || err != nil {
		t.Fatal(p, err)
	}
	if _, err := d.Text([]byte(`2["Y"]`)); err == nil {
		t.Error("another packet came between")
	}
	if p, err := d.Binary([]byte("one")); p != nil || err != nil {
		t.Fatal(p, err)
	}
	p, err := d.Binary([]byte("two"))
	if err != nil || p == nil || len(p.Binary) != 2 || string(p.Text()) != text {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := d.Binary([]byte("three")); err == nil {
		t.Error("bytes belong to nothing")
	}
}

// FuzzDecoder holds that a stranger's messages never panic, and that what is
// read is written as something that is read the same way.
func FuzzDecoder(f *testing.F) {
	for _, s := range []string{
		`0`, `0/room,`, `2["PING",null]`, `217["X",{"a":[1]}]`, `4"no"`, `52-["X",{"a":{"_placeholder":true,"num":0},"b":[{"num":1,"_placeholder":true}]}]`,
		`61-1["X"]`, `2["\ud800"]`, `5-1-["X"]`, `51-/n,3["X",{"_placeholder":true,"num":0}]`,
	} {
		f.Add(s, []byte("bytes"))
	}
	f.Fuzz(func(t *testing.T, text string, piece []byte) {
		d := Decoder{MaxBinary: 3}
		p, err := d.Text([]byte(text))
		for p == nil && err == nil {
			p, err = d.Binary(piece)
		}
		if err != nil {
			return
		}
		again := Decoder{MaxBinary: 3}
		q, err := again.Text(p.Text())
		for _, b := range p.Binary {
			if err == nil {
				q, err = again.Binary(b)
			}
		}
		if err != nil || q == nil || q.Name != p.Name || q.Namespace != p.Namespace || !slices.EqualFunc(q.Binary, p.Binary, bytes.Equal) {
			t.Fatalf("%q became %q: %v, %v", text, p.Text(), q, err)
		}
	})
}
