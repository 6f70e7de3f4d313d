package peerservertest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Server is a stock PeerServer in a process of its own.
type Server struct {
	// URL is where it listens: "http://127.0.0.1:PORT".
	URL string
	// Pid is its process.
	Pid int
}

// Start starts a stock PeerServer on a free port with more arguments, such as
// "--expire_timeout=500", and waits until it answers. It ends with the test.
func Start(t testing.TB, args ...string) Server {
	t.Helper()
	program := filepath.Join(Modules(t), "peer", "dist", "bin", "peerjs.js")
	cmd := exec.Command(Node(t), append([]string{program, "--host=127.0.0.1", "--port=" + freePort(t)}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	var reading sync.WaitGroup
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		reading.Wait()
		_ = cmd.Wait()
	})
	s := Server{Pid: cmd.Process.Pid}
	started := regexp.MustCompile(`Started PeerServer on ([^,]+), port: (\d+)`)
	var said strings.Builder
	for s.URL == "" {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		if m := started.FindStringSubmatch(line); m != nil {
			s.URL = "http://" + net.JoinHostPort(m[1], m[2])
		} else if err != nil {
			t.Fatalf("the stock server ended: %v\n%s", err, said.String())
		}
	}
	// It prints a line for each client, until it ends.
	reading.Go(func() { _, _ = io.Copy(io.Discard, lines) })
	return s
}

// freePort is a port that nobody listens on at the moment. The stock server
// does not take 0 for an answer.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
