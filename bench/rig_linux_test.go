package bench

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"
)

// barcodePage shows a barcode like [React]: the next one for every key.
const barcodePage = `<!doctype html><style>body { margin: 0; background: #444 } i { float: left; width: %dpx; height: %dpx }</style>
<body><script>
let seq = %d
function show() {
  const gray = seq ^ seq >> 1
  let html = "<i style='background:#fff'></i><i style='background:#000'></i>"
  for (let bit = %d; bit >= 0; bit--) html += "<i style='background:" + (gray >> bit & 1 ? "#fff" : "#000") + "'></i>"
  document.body.innerHTML = html
}
onkeydown = () => { seq++; show() }
show()
</script>`

// require skips a test at a desk that lacks a program, and fails it elsewhere.
func require(t *testing.T, program string) {
	t.Helper()
	_, err := exec.LookPath(program)
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}

// A page in the host's place: the browser must show it pixel by pixel, let
// itself be driven, and hear the keyboard.
func TestBrowserShowsAndHears(t *testing.T) {
	require(t, "Xvfb")
	require(t, "chromium")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, barcodePage, cellSize, cellSize, firstSeq, codeBits-1)
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	r := &Rig{
		o:   RigOptions{Width: 800, Height: 600, DevTools: true, Logs: t.ArtifactDir(), Name: "browser"},
		URL: server.URL, dir: t.TempDir(),
	}
	defer r.Close()
	if err := errors.Join(r.startViewerDisplay(ctx), r.startBrowser(blankPage)); err != nil {
		t.Fatal(err)
	}
	tools, err := r.DialDevTools(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tools.Close()
	_, err = tools.Navigate(ctx, r.URL)
	if err := errors.Join(err, r.Probe.Locate(ctx, FirstCode)); err != nil {
		t.Fatal(err, r.keepPicture())
	}
	if at := r.Probe.Place(); at != (image.Point{}) {
		t.Errorf("the page's corner is at %v", at)
	}
	pressAndSee(ctx, t, r)
	if _, err := openPage(ctx, r, tools); err != nil {
		t.Error("open the page again:", err)
	}
}

// pressAndSee presses keys and wants to see what they do.
func pressAndSee(ctx context.Context, t *testing.T, r *Rig) {
	t.Helper()
	keyboard, err := OpenPresser(r.ViewerDisplay.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	if err := keyboard.Click(400, 400); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := Wait(ctx, 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		press, err := keyboard.Press()
		if err != nil {
			t.Fatal(err)
		}
		photon, err := r.Probe.Await(ctx, CodeOf(firstSeq+i+1))
		if err != nil {
			t.Fatal("no answer to a key:", err, r.keepPicture())
		}
		t.Logf("key → pixel of a page without a host: %.1f ms", Milliseconds(photon-press.At))
	}
}
