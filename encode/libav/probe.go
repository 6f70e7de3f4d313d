package libav

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/encode/internal/ffmpeg"
)

// probeTime bounds the trial of an encoder. Most take a quarter of a second;
// the first use of a GPU after the machine was started takes seconds.
const probeTime = 5 * time.Second

// Isolate tells how to start a process that calls [ProbeMain] with the
// arguments that follow those of command. Programs that want hardware encoders
// call it before anything else of this package. It is apart because
// only the program knows which of its arguments lead there.
func Isolate(command ...string) { trials.isolate(command) }

// trials are those of this process.
var trials = &trialTable{results: map[string]func() result{}}

// trialTable keeps the result of each encoder's trial for the life of the
// process.
type trialTable struct {
	mu      sync.Mutex
	command []string
	results map[string]func() result
}

// result is what came of a trial: why the encoder does not serve, or how long it
// took for a picture of trialWidth by trialHeight.
type result struct {
	err  error
	took time.Duration
}

// slow is true when software should be preferred.
func (r result) slow() bool { return r.err == nil && r.took > time.Second/60/2 }

func (t *trialTable) isolate(command []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.command = command
	t.results = map[string]func() result{}
}

// of is the result for s. The first call has all encoders that may be there
// tried at once; each waits for its own alone.
func (t *trialTable) of(s spec) result {
	if err := s.absent(); err != nil {
		return result{err: err}
	}
	t.mu.Lock()
	if t.command == nil {
		t.mu.Unlock()
		return result{err: fmt.Errorf("this program tries no encoders in a process of their own: %w", errors.ErrUnsupported)}
	}
	if len(t.results) == 0 {
		for _, s := range append(specs(), software()) {
			run := sync.OnceValue(func() result { return try(t.command, s.name, probeTime) })
			t.results[s.name] = run
			if s.absent() == nil && !s.byName {
				go run()
			}
		}
	}
	run := t.results[s.name]
	t.mu.Unlock()
	return run()
}

// try runs command with the name of an encoder and reads its answer.
func try(command []string, name string, limit time.Duration) result {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], name)...)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		return result{err: fmt.Errorf("cannot be tried: %w", err)}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return answer(out.String(), err, ctx.Err() != nil, limit)
	case <-time.After(limit + time.Second):
		// It was killed and is still there: a driver holds it in the kernel.
		return result{err: fmt.Errorf("hung in its driver for more than %v", limit)}
	}
}

// answer reads what a trial wrote and how it ended.
func answer(out string, err error, late bool, limit time.Duration) result {
	word, rest, _ := strings.Cut(strings.TrimSpace(out), " ")
	switch {
	case late:
		return result{err: fmt.Errorf("did not finish a trial within %v", limit)}
	case word == "no":
		return result{err: errors.New(rest)}
	case err != nil:
		return result{err: fmt.Errorf("ended the process that tried it: %w", err)}
	}
	took, err := time.ParseDuration(rest)
	if word != "ok" || err != nil || took < 0 {
		return result{err: fmt.Errorf("a trial that answered %q", out)}
	}
	return result{took: took}
}

// ProbeMain is what the process of a trial does: it tries the encoder that args
// name, and writes to w what came of it. It returns the exit status. It may
// crash and may never return, which is what it is for.
func ProbeMain(args []string, w io.Writer) int {
	for _, s := range append(specs(), software()) {
		if len(args) == 1 && s.name == args[0] {
			return tell(w, s, ffmpeg.Load)
		}
	}
	fmt.Fprintln(w, "no encoder of that name")
	return 2
}

// tell tries s and writes what try reads.
func tell(w io.Writer, s spec, load loader) int {
	took, err := trial(s, load)
	if err != nil {
		fmt.Fprintln(w, "no", strings.ReplaceAll(err.Error(), "\n", "; "))
		return 1
	}
	fmt.Fprintln(w, "ok", took)
	return 0
}
