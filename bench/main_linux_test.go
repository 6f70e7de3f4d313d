package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
)

// resultsDir is where reports and the programs' logs go. Git ignores it.
const resultsDir = "results"

// documentDir is where the plots and the table of accepted results are.
const documentDir = "../docs/bench"

// acceptedFile has the figures of the last run that was accepted.
const acceptedFile = "accepted.json"

// withAccept takes the newest results for the accepted ones.
var withAccept = flag.Bool("accept", false, "accept the results of the last 24 hours")

// report collects what the benchmarks measure.
var report = Report{Date: time.Now()}

// TestMain gives benchmarks a network of their own and, when they are done,
// prints and saves their report. Tests run as they are.
func TestMain(m *testing.M) {
	flag.Parse()
	if *withAccept {
		if err := accept(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if flag.Lookup("test.bench").Value.String() == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(isolatedEnv) == "" {
		if err := fetchOriginals(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		if code, err := isolate(context.Background()); err == nil {
			os.Exit(code)
		} else {
			fmt.Fprintln(os.Stderr, "measuring without a network of our own:", err)
		}
	} else if err := settle(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := publish(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// fetchOriginals fetches the programs that ours are compared with, where those
// benchmarks are asked for: in a network of our own there is nowhere to fetch
// them from.
func fetchOriginals() error {
	wanted, _, _ := strings.Cut(flag.Lookup("test.bench").Value.String(), "/")
	pattern, err := regexp.Compile(wanted)
	if err != nil || !pattern.MatchString("BenchmarkPeerServer") && !pattern.MatchString("BenchmarkBinaryPack") {
		return nil // the testing package reports a bad pattern
	}
	return peerservertest.Fetch()
}

// publish prints the report and saves it.
func publish() error {
	if len(report.Results) == 0 {
		return nil
	}
	accepted, err := LoadAccepted(acceptedFile)
	if err != nil {
		return err
	}
	report.Machine, report.Isolated, report.Short = DescribeMachine(), isolated(), testing.Short()
	fmt.Printf("\n%s\n", report.Markdown(accepted))
	path, err := report.Save(resultsDir)
	if err == nil {
		fmt.Println("saved as bench/" + path)
	}
	return err
}

// accept makes the results of the last day, wherever they were measured in
// pieces, the accepted ones, and draws them for the documents.
func accept() error {
	reports, err := LoadReports(resultsDir, time.Now().AddDate(0, 0, -1))
	if err != nil {
		return err
	}
	if len(reports) == 0 {
		return errors.New("bench: no results of the last day in bench/" + resultsDir)
	}
	accepted, err := LoadAccepted(acceptedFile)
	if err != nil {
		return err
	}
	merged := Merge(reports)
	accepted.Accept(merged)
	return errors.Join(accepted.Save(acceptedFile), merged.Document(documentDir))
}

// program builds one of our commands, as make does, and returns its path.
func program(b *testing.B, name string) string {
	b.Helper()
	path, err := filepath.Abs(filepath.Join("..", "bin", name))
	if err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-tags", "gpl", "-o", path, "../cmd/"+name).CombinedOutput(); err != nil {
		b.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return path
}

// newRig starts a rig that the benchmark closes at its end.
func newRig(b *testing.B, o RigOptions) *Rig {
	b.Helper()
	if o.System == nil {
		o.System = Causeway{Program: program(b, "host")}
	}
	o.Logs, o.Name = logs(b), strings.NewReplacer("/", "-", " ", "").Replace(b.Name())
	r, err := StartRig(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := r.Close(); err != nil {
			b.Error(err)
		}
	})
	return r
}

// logs makes the folder for what the programs print.
func logs(b *testing.B) string {
	b.Helper()
	folder := filepath.Join(resultsDir, "logs")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.Fatal(err)
	}
	return folder
}

// add puts a result into the report and among the benchmark's metrics.
func add(b *testing.B, wanted int, r Result) {
	b.Helper()
	if len(r.Samples) > 0 {
		r.Summary = Summarize(r.Samples)
	}
	r.Judge(wanted)
	report.Results = append(report.Results, r)
	if r.Summary.N == 1 {
		b.ReportMetric(r.Summary.Median, r.Unit)
		return
	}
	b.ReportMetric(r.Summary.Median, "median-"+r.Unit)
	b.ReportMetric(r.Summary.P95, "p95-"+r.Unit)
	b.ReportMetric(r.Summary.Max, "max-"+r.Unit)
}

// lasting is d, or a quarter of it for a quick look with -short.
func lasting(d time.Duration) time.Duration {
	if testing.Short() {
		return d / 4
	}
	return d
}
