package main

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/causeway-rtc/causeway/web/webtest"
)

// shoot writes what the window shows to the file that variable names, or to
// the test's own folder, and fails when next to nothing is to be seen.
func shoot(t *testing.T, b *webtest.Browser, variable string) {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		path = filepath.Join(t.TempDir(), "page.png")
	}
	b.Screenshot(path)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if n := colours(img); n < 64 {
		t.Errorf("the page shows %d colours", n)
	}
	if info, err := f.Stat(); err == nil {
		t.Logf("%s: %v, %d KB", path, img.Bounds().Size(), info.Size()/1000)
	}
}

// colours counts the colours of a picture.
func colours(img image.Image) int {
	seen := map[[3]uint32]bool{}
	r := img.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y += 4 {
		for x := r.Min.X; x < r.Max.X; x += 4 {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}] = true
		}
	}
	return len(seen)
}

// terminalStart is what the terminal begins with: a place with a few files in
// it, and the colours that it has.
const terminalStart = `
PS1='\[\e[1;32m\]causeway\[\e[0m\] $ '
cd "$HOME" && mkdir -p music pictures projects && touch notes.txt plan.md && ln -sf plan.md today
for row in 0 1 2; do
	for i in {0..27}; do printf '\e[48;5;%dm  ' $((16 + 36 * row + 24 + i)); done
	printf '\e[0m\n'
done
`

// demonstrate starts a host with a terminal and the demonstration, and opens
// it.
func demonstrate(t *testing.T, size, terminal string, o webtest.Options) *webtest.Browser {
	t.Helper()
	home := t.TempDir()
	rc := filepath.Join(home, ".start")
	if err := os.WriteFile(rc, []byte(terminalStart), 0o600); err != nil {
		t.Fatal(err)
	}
	h := startHost(t, []string{"HOME=" + home}, "--virtual", size, "--fps", "30",
		"--run", "exec xterm -T Terminal -geometry "+terminal+" -fa 'DejaVu Sans Mono' -fs 11 -bg '#10151c' -fg '#d7dde5' -e bash --rcfile '"+rc+"'",
		"--run", "exec '"+program(t, "host")+"' demo")
	b := browse(t, h, o)
	h.eventually("the terminal", func() bool { return child(t, h, "xterm") != 0 })
	b.WaitFrames(30, patience)
	return b
}

// TestReadmeScreenshot shows that the page and the desktop can be seen. With
// CAUSEWAY_SCREENSHOT it writes docs/desktop.png.
func TestReadmeScreenshot(t *testing.T) {
	b := demonstrate(t, "1280x800", "76x15+440+36", webtest.Options{Width: 1280, Height: 800, Autoplay: true})
	b.Click(1100, 250) // gives the terminal the keys
	for _, line := range []string{"ls -l --color", "echo typed in a browser, $(date +%A)"} {
		b.Press(line + kb.Enter)
		b.WaitFrames(30, patience) // for the answer, before the next is typed into it
	}
	b.Click(840, 600) // a ripple
	b.Click(1060, 680)
	b.Eval(`dispatchEvent(new KeyboardEvent('keydown', { key: 'S', code: 'KeyS', ctrlKey: true, altKey: true, shiftKey: true }))`, nil)
	b.Wait("document.querySelector('.stats').checkVisibility()", patience)
	b.WaitFrames(150, patience)
	b.Click(1000, 560)
	b.WaitFrames(12, patience)
	shoot(t, b, "CAUSEWAY_SCREENSHOT")
}

// TestPhoneScreenshot is its twin for a phone. With
// CAUSEWAY_PHONE_SCREENSHOT it writes docs/phone.png.
func TestPhoneScreenshot(t *testing.T) {
	b := demonstrate(t, "1280x592", "58x20+30+110", webtest.Options{Width: 844, Height: 390, Touch: true, Autoplay: true})
	shoot(t, b, "CAUSEWAY_PHONE_SCREENSHOT")
}
