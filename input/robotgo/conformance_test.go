//go:build linux && cgo

package robotgo_test

import (
	"context"
	"errors"
	"testing"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/inputtest"
	"github.com/causeway-rtc/causeway/input/robotgo"
)

// Run kills the X server that the library is connected to: that this test
// ends at all is the proof that the process survives it.
func TestConformance(t *testing.T) { inputtest.Run(t, robotgo.Backend) }

func TestTextIsExactOrRefused(t *testing.T) {
	s := inputtest.Start(t)
	inj := openOn(t, s)
	term := inputtest.NewTerminal(t, s)
	const ascii = " !\"#$%&'()*+,-./0129:;<=>?@AMZ[\\]^_`amz{|}~\t.\n"
	if err := inj.Inject(input.Text{Text: ascii}); err != nil {
		t.Fatal(err)
	}
	for _, strange := range []string{"aé", "漢", "😀"} {
		if err := inj.Inject(input.Text{Text: strange}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%q: %v", strange, err)
		}
	}
	if err := inj.Inject(input.Text{Text: "end\n"}); err != nil {
		t.Fatal(err)
	}
	term.Want(t, ascii+"end\n")
}

// On a German keyboard the library would press wrong keys.
func TestWrongKeysAreRefused(t *testing.T) {
	s := inputtest.Start(t)
	s.SetLayout(t, "de")
	inj := openOn(t, s)
	for _, name := range []string{"KeyY", "KeyZ", "Slash", "AltRight", "NumpadEnter", "Pause"} {
		code, _ := input.KeyCode(name)
		if err := inj.Inject(input.Key{Code: code, Down: true}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"@", "a~", "<"} {
		if err := inj.Inject(input.Text{Text: text}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%q: %v", text, err)
		}
	}
	w := inputtest.NewWindow(t, s)
	if err := inj.Inject(input.Text{Text: "z"}); err != nil {
		t.Fatal(err)
	}
	w.Want(t, "press 29", "release 29") // where y is on a US keyboard
}

func TestOneInjectorAtATime(t *testing.T) {
	s := inputtest.Start(t)
	inj := openOn(t, s)
	if second, err := robotgo.Backend.Open(t.Context(), input.Options{Display: s.Display}); err == nil {
		t.Error("a second opened")
		_ = second.Close()
	}
	if err := robotgo.Backend.Probe(t.Context(), input.Options{Display: s.Display}); err != nil {
		t.Errorf("Probe beside it: %v", err)
	}
	if err := inj.Close(); err != nil {
		t.Fatal(err)
	}
	openOn(t, s)
}

// A server that dies over and over, in the middle of the work.
func TestTheProcessOutlivesManyServers(t *testing.T) {
	s := inputtest.Start(t)
	for range 5 {
		inj := openOn(t, s)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for inj.Inject(input.Text{Text: "a"}) == nil && inj.Inject(input.Nudge{DX: 1}) == nil {
			}
		}()
		if err := inj.Inject(input.Move{X: 5}); err != nil {
			t.Fatal(err)
		}
		s.Kill()
		<-gone
		if err := inj.Close(); err != nil {
			t.Fatal(err)
		}
		s.Restart(t)
	}
}

func openOn(t testing.TB, s *inputtest.Server) input.Injector {
	t.Helper()
	inj, err := robotgo.Backend.Open(context.Background(), input.Options{Display: s.Display})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := inj.Close(); err != nil {
			t.Error(err)
		}
	})
	return inj
}

func BenchmarkInject(b *testing.B) {
	inj := openOn(b, inputtest.Start(b))
	for name, pair := range map[string][2]input.Event{
		"key":   {input.Key{Code: 30, Down: true}, input.Key{Code: 30}},
		"move":  {input.Move{X: 100}, input.Move{X: 30000}},
		"nudge": {input.Nudge{DX: 1}, input.Nudge{DX: -1}},
		"text":  {input.Text{Text: "a"}, input.Text{Text: "A"}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if err := inj.Inject(pair[n&1]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
