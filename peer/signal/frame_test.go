package signal

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestFrames(t *testing.T) {
	for _, test := range []struct {
		text string
		want Frame
	}{
		{`ping`, Frame{Op: OpPing}},
		{`pong`, Frame{Op: OpPong}},
		{`["desk:desk",{"type":"join","id":"me","data":false,"metadata":{"token":"x"}}]`, Frame{
			Namespaces: []Namespace{"desk:desk"},
			Message:    Message{Type: "join", ID: "me", Data: []byte("false"), Metadata: []byte(`{"token":"x"}`)},
		}},
		{`[">","desk:me","secret"]`, Frame{Op: OpSubscribe, Namespaces: []Namespace{"desk:me"}, Secret: "secret"}},
		{`[">",["desk","desk:me"]]`, Frame{Op: OpSubscribe, Namespaces: []Namespace{"desk", "desk:me"}}},
		{`["!","absent","nobody is there","desk:desk"]`, Frame{Op: OpRefuse, Err: &Error{CodeAbsent, "nobody is there", "desk:desk"}}},
	} {
		got, err := ParseFrame([]byte(test.text))
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("ParseFrame(%s) = %+v, %v, want %+v", test.text, got, err, test.want)
		}
		if b, err := got.Marshal(); err != nil || string(b) != test.text {
			t.Errorf("%s came back as %s, %v", test.text, b, err)
		}
	}
	for _, text := range []string{`["<","desk"]`, `[">","desk"]`, `["!","limit","slower"]`, `["<",["desk"]]`} {
		if _, err := ParseFrame([]byte(text)); err != nil {
			t.Errorf("ParseFrame(%s): %v", text, err)
		}
	}
}

func TestMalformedFrames(t *testing.T) {
	for _, text := range []string{
		``, `x`, `{}`, `[]`, `[">"]`, `[1,2]`, `[">",1]`, `[">",[]]`, `[">",null]`, `[">","a b"]`, `[">","a:b:c"]`, `[">",":a"]`, `[">","a:"]`,
		`[">","room","secret"]`, `[">",["a:b","c:d"],"secret"]`, `[">","a:b",1]`, `["<"]`, `["!","x"]`, `["!",1,2]`,
		`["desk",1]`, `["desk",null]`, `["desk",{}]`, `["desk",{"type":"join"}]`, `["desk",{"id":"a"}]`, `["desk",{"type":"J","id":"a"}]`,
		`["desk",{"type":"join","id":"a:b"}]`, `["desk",{"type":"join","id":"a"},1]`, `["de sk",{"type":"join","id":"a"}]`,
		`[">","` + strings.Repeat("a", 65) + `"]`, `[">","a:b","` + strings.Repeat("s", MaxSecret+1) + `"]`,
		`["a",{"type":"join","id":"a","data":"` + strings.Repeat("x", MaxFrame) + `"}]`,
	} {
		if _, err := ParseFrame([]byte(text)); !errors.Is(err, ErrSyntax) {
			t.Errorf("ParseFrame(%.80s): %v, want a syntax error", text, err)
		}
	}
}

// What was read can be written, and is then read the same.
func FuzzParseFrame(f *testing.F) {
	for _, text := range []string{`ping`, `[">","a:b","s"]`, `["<","a"]`, `["a",{"type":"join","id":"x","data":{"a":[1]}}]`, `["!","x","y"]`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := ParseFrame(b)
		if err != nil {
			if !errors.Is(err, ErrSyntax) {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		if first.Op == OpUnsubscribe && len(first.Namespaces) != 1 {
			return // written one at a time
		}
		text, err := first.Marshal()
		if err != nil {
			return // JSON may grow when it is written
		}
		second, err := ParseFrame(text)
		if err != nil {
			t.Fatalf("%q became %q: %v", b, text, err)
		}
		again, err := second.Marshal()
		if err != nil || string(again) != string(text) {
			t.Fatalf("%q became %q, then %q, %v", b, text, again, err)
		}
	})
}
