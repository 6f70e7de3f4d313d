package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkReplace measures what a viewer of full motion misses when its
// encoder fails: a hardware encoder as far as the host knows, since it comes
// by libavcodec, with a library in front of that which fails when told.
func BenchmarkReplace(b *testing.B) {
	for _, fault := range []string{"hang", "error", "garbage"} {
		b.Run(fault, func(b *testing.B) {
			l := failingLibrary(b)
			o := hd.rig(moving(60))
			o.System = Causeway{
				Program: program(b, "host"), Args: []string{"--encoder", "libx264"},
				Env: []string{"LD_LIBRARY_PATH=" + l.folder, "REAL_LIBAVCODEC=" + l.real, "FAILING_WHEN=" + l.trigger},
			}
			r := newRig(b, o)
			for b.Loop() {
				measureReplaced(b, r, l, fault)
			}
		})
	}
}

// failing is a library that fails when its trigger exists.
type failing struct{ folder, real, trigger string }

// failingLibrary compiles one that takes the place of this machine's newest
// libavcodec.
func failingLibrary(b *testing.B) failing {
	b.Helper()
	found, _ := filepath.Glob("/usr/lib/*/libavcodec.so.[56][0-9]")
	if len(found) == 0 {
		b.Skip("no libavcodec")
	}
	l := failing{folder: b.TempDir(), real: slices.Max(found)}
	l.trigger = filepath.Join(l.folder, "fail")
	out := filepath.Join(l.folder, filepath.Base(l.real))
	if text, err := exec.Command("cc", "-shared", "-fPIC", "-o", out, "testdata/failing.c", "-ldl").CombinedOutput(); err != nil {
		b.Fatalf("cc: %v\n%s", err, text)
	}
	return l
}

func measureReplaced(b *testing.B, r *Rig, l failing, fault string) {
	b.Helper()
	var failed time.Time
	rec, err := Record(b.Context(), r.App, r.Probe, warmUp, func(ctx context.Context) error {
		if err := Wait(ctx, time.Second); err != nil {
			return err
		}
		failed = time.Now()
		if err := os.WriteFile(l.trigger, []byte(fault), 0o600); err != nil {
			return err
		}
		return Wait(ctx, 3*time.Second)
	})
	check(b, err)
	replaced, err := replacedAt(r.Host[0].log.Name())
	check(b, err)
	subject := Subject{Size: hd.name}
	add(b, 1, Result{
		Name: "encoder replaced after: " + fault, Subject: subject, Unit: "ms", Target: Target{Median: 300},
		Summary: Single(Milliseconds(replaced.Sub(failed))), Load: rec.Load,
	})
	gaps := Summarize(Gaps(PhotonTimes(rec.Sightings, rec.Start, rec.End)))
	add(b, 1, Result{
		Name: "frozen on the viewer's screen: " + fault, Subject: subject, Unit: "ms", Target: Target{Median: 500},
		Summary: Single(gaps.Max), Load: rec.Load, Remarks: []string{fmt.Sprintf("median gap %.0f ms", gaps.Median)},
	})
}

// replacedAt is when the host says that another encoder had made its first
// frame.
func replacedAt(log string) (time.Time, error) {
	f, err := os.Open(log)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if at, ok := strings.CutPrefix(lines.Text(), "time="); ok && strings.Contains(at, `msg="encoder replaced"`) {
			at, _, _ = strings.Cut(at, " ")
			return time.Parse(time.RFC3339Nano, at)
		}
	}
	return time.Time{}, fmt.Errorf("%s: no encoder was replaced", log)
}
