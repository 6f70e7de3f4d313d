package binarypack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
)

// wire is a wire form of the original, or what identifies a long one.
type wire struct {
	Hex    string `json:"hex"`
	Head   string `json:"head"`
	Length int    `json:"length"`
	SHA256 string `json:"sha256"`
}

// is tells whether b is the wire form.
func (w wire) is(b []byte) bool {
	if w.Length == 0 {
		return hex.EncodeToString(b) == w.Hex
	}
	sum := sha256.Sum256(b)
	return len(b) == w.Length && hex.EncodeToString(sum[:]) == w.SHA256
}

// vectors is testdata/vectors.json, which testdata/vectors.mjs writes.
type vectors struct {
	Pack []struct {
		wire
		Value any `json:"value"`
	} `json:"pack"`
	Unpack []struct {
		wire
		Value any `json:"value"`
	} `json:"unpack"`
	Split []struct {
		ID       uint32 `json:"id"`
		Value    any    `json:"value"`
		Messages []wire `json:"messages"`
	} `json:"split"`
	Close string `json:"close"`
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v vectors
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// build makes the Go value of a description in the vectors, in the types that
// Unmarshal returns where there is a choice.
func build(t testing.TB, d any) any {
	t.Helper()
	switch d := d.(type) {
	case []any:
		array := make([]any, len(d))
		for i := range d {
			array[i] = build(t, d[i])
		}
		return array
	case json.Number:
		return number(t, d.String())
	case map[string]any:
		if kind, ok := d["$"].(string); ok {
			return special(t, kind, d)
		}
		m := map[string]any{}
		for k, v := range d {
			m[k] = build(t, v)
		}
		return m
	}
	return d
}

func number(t testing.TB, s string) any {
	t.Helper()
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	if f == math.Floor(f) && f < 0x1p63 {
		return int64(f)
	}
	return f
}

func special(t testing.TB, kind string, d map[string]any) any {
	t.Helper()
	integer := func(key string) int {
		n, err := d[key].(json.Number).Int64()
		if err != nil {
			t.Fatal(err)
		}
		return int(n)
	}
	switch kind {
	case "undefined":
		return nil
	case "bytes":
		b, err := hex.DecodeString(d["hex"].(string))
		if err != nil {
			t.Fatal(err)
		}
		return b
	case "date":
		return time.UnixMilli(int64(integer("ms"))).UTC()
	case "repeat":
		return strings.Repeat(d["text"].(string), integer("times"))
	case "zeros":
		return make([]byte, integer("times"))
	case "infinity":
		return math.Inf(integer("sign"))
	case "integer":
		f, err := strconv.ParseFloat(d["text"].(string), 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	case "array":
		array := make([]any, integer("times"))
		for i := range array {
			array[i] = build(t, d["value"])
		}
		return array
	case "map":
		m := map[string]any{}
		for i := range integer("times") {
			m[fmt.Sprintf("k%05d", i)] = int64(i)
		}
		return m
	}
	return typedArray(t, kind, d["values"])
}

func typedArray(t testing.TB, kind string, values any) any {
	t.Helper()
	into := map[string]any{
		"Int8Array": &[]int8{}, "Int16Array": &[]int16{}, "Uint16Array": &[]uint16{}, "Int32Array": &[]int32{}, "Uint32Array": &[]uint32{},
		"BigInt64Array": &[]int64{}, "BigUint64Array": &[]uint64{}, "Float32Array": &[]float32{}, "Float64Array": &[]float64{},
	}[kind]
	if kind == "Uint8Array" {
		var b []byte
		for _, v := range values.([]any) {
			b = append(b, byte(number(t, v.(json.Number).String()).(int64)))
		}
		return b
	}
	text, err := json.Marshal(values)
	if err != nil || into == nil {
		t.Fatal(kind, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
	return reflect.ValueOf(into).Elem().Interface()
}

func TestPackedAsTheOriginal(t *testing.T) {
	for _, v := range readVectors(t).Pack {
		got, err := Marshal(build(t, v.Value))
		if err != nil || !v.is(got) {
			t.Errorf("%.100v is packed as %.60x (%d bytes), %v; want %s%s (%d)", v.Value, got, len(got), err, v.Hex, v.Head, v.Length)
		}
	}
}

// What was packed is read as it was, but for what the wire has no type for.
func TestUnpackedAsPacked(t *testing.T) {
	for _, v := range readVectors(t).Pack {
		value := build(t, v.Value)
		b, err := Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Unmarshal(b)
		if err != nil {
			t.Errorf("%.100v: %v", v.Value, err)
			continue
		}
		switch value.(type) {
		case nil, bool, int64, string, []byte, []any, map[string]any:
			if !reflect.DeepEqual(got, value) {
				t.Errorf("%.100v was read as %.100v", value, got)
			}
		}
		again, err := Marshal(got)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%.100v became %.60x, then %.60x, %v", v.Value, b, again, err)
		}
	}
}

func TestUnpackedAsTheOriginal(t *testing.T) {
	for _, v := range readVectors(t).Unpack {
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Unmarshal(b)
		want := build(t, v.Value)
		switch n := got.(type) {
		case uint64: // JavaScript has rounded it
			got = float64(n)
		case float64: // JSON does not tell 1.0 from 1
			if n == 1 {
				got = int64(n)
			}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as %T %v, %v; want %T %v", v.Hex, got, got, err, want, want)
		}
	}
}

func TestSplitAsTheOriginal(t *testing.T) {
	all := readVectors(t)
	for _, v := range all.Split {
		packed, err := Marshal(build(t, v.Value))
		if err != nil {
			t.Fatal(err)
		}
		messages := Split(packed, v.ID)
		if len(messages) != len(v.Messages) {
			t.Errorf("%.100v: %d messages, want %d", v.Value, len(messages), len(v.Messages))
			continue
		}
		for i, m := range messages {
			if !v.Messages[i].is(m) {
				t.Errorf("%.100v: message %d is %.80x… of %d bytes, want %+v", v.Value, i, m, len(m), v.Messages[i])
			}
		}
	}
	if got := hex.EncodeToString(CloseMessage()); got != all.Close {
		t.Errorf("close is %s, want %s", got, all.Close)
	}
}

// The vectors are what the pinned version of the original writes today.
func TestVectorsAreCurrent(t *testing.T) {
	script, err := filepath.Abs(filepath.Join("testdata", "vectors.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(peerservertest.Node(t), script, peerservertest.Modules(t))
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		path := filepath.Join(t.ArtifactDir(), "vectors.json")
		_ = os.WriteFile(path, got, 0o644)
		t.Errorf("testdata/vectors.json is not what the original writes, which is in %s", path)
	}
}
