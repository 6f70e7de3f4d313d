package bench

import "testing"

func TestParseWatched(t *testing.T) {
	const log = "hello\n" + `{"seconds":1,"framesReceived":30}` + "\n" + `{"seconds":2,"framesReceived":90}` + "\n" +
		`{"seconds":3,"framesReceived":150}` + "\n" + `{"seconds":4,"fram`
	if fps, err := parseWatched(log); err != nil || fps != 60 {
		t.Errorf("120 pictures in 2 s are %v a second (%v)", fps, err)
	}
	if _, err := parseWatched("no such host\n"); err == nil {
		t.Error("a complaint is no error")
	}
}
