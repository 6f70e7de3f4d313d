package kbinani

import (
	"bytes"
	"image"
	"strconv"
	"syscall"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
)

func TestConformance(t *testing.T) {
	d := capturetest.Display(t, 320, 200)
	t.Setenv("DISPLAY", d.Name())
	t.Setenv("XDG_SESSION_TYPE", "x11")
	n := 0
	capturetest.Run(t, Backend, capturetest.Options{
		Capture: capture.Options{Display: d.Name()}, Width: 320, Height: 200,
		Change: func() {
			n++
			cmd := capturetest.Command(t, d.Env(), "xsetroot", "-solid", "#0000"+strconv.Itoa(10+n))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("xsetroot: %v: %s", err, out)
			}
		},
		Kill: func() {
			if err := syscall.Kill(d.Pid(), syscall.SIGKILL); err != nil {
				t.Error(err)
			}
			<-d.Done()
		},
	})
}

func TestAnotherDisplayIsRefused(t *testing.T) {
	t.Setenv("DISPLAY", ":1")
	if err := Backend.Probe(t.Context(), capture.Options{Display: ":2"}); err == nil {
		t.Error("a display that is not $DISPLAY was accepted")
	}
}

func TestDifferenceSpansTheChangedRows(t *testing.T) {
	picture := func(changed ...int) *image.RGBA {
		img := image.NewRGBA(image.Rect(0, 0, 5, 10))
		for _, y := range changed {
			img.Pix[y*img.Stride+19] = 1
		}
		return img
	}
	for _, row := range []struct {
		old, img *image.RGBA
		want     image.Rectangle
	}{
		{nil, picture(), image.Rect(0, 0, 5, 10)},
		{picture(), picture(), image.Rectangle{}},
		{picture(), picture(0), image.Rect(0, 0, 5, 1)},
		{picture(), picture(9), image.Rect(0, 9, 5, 10)},
		{picture(2), picture(7), image.Rect(0, 2, 5, 8)},
		{image.NewRGBA(image.Rect(0, 0, 4, 4)), picture(), image.Rect(0, 0, 5, 10)},
	} {
		if got := difference(row.old, row.img); got != row.want {
			t.Errorf("difference = %v, want %v", got, row.want)
		}
	}
}

func TestToBGRASwapsRedAndBlue(t *testing.T) {
	src := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	dst := make([]byte, len(src))
	toBGRA(dst, src)
	if want := []byte{3, 2, 1, 4, 7, 6, 5, 8, 11, 10, 9, 12}; !bytes.Equal(dst, want) {
		t.Errorf("toBGRA = %v, want %v", dst, want)
	}
}
