package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/cmd/examples/examplestest"
)

func TestMain(m *testing.M) { examplestest.Main(m, main) }

// fileOf makes a file of so many random bytes.
func fileOf(t *testing.T, size int) (path string, data []byte) {
	t.Helper()
	data = make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	path = filepath.Join(t.TempDir(), "map.bin")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, data
}

// Two real processes talk, and one sends the other five million bytes.
func TestTwoTalkAndSendAFile(t *testing.T) {
	folder := t.TempDir()
	ann := examplestest.Start(t, nil, "--serve", "127.0.0.1:0", "--room", "tea", "--name", "ann", "--files", folder)
	broker := ann.URL("ws")
	bob := examplestest.Start(t, nil, "--broker", broker, "--room", "tea", "--name", "bob")
	ann.Await("bob is here")
	bob.Await("ann is here")
	bob.Type("what is for tea?\x1b[2J")
	ann.Await("bob: what is for tea?[2J")
	ann.Type("scones")
	bob.Await("ann: scones")

	path, data := fileOf(t, 5_000_000)
	sum := fmt.Sprintf("sha256 %x", sha256.Sum256(data))
	bob.Type("/send " + path)
	bob.Await("map.bin to ann: ")
	bob.Await("ann has map.bin, " + sum)
	ann.Await("bob sent map.bin, " + sum)
	got, err := os.ReadFile(filepath.Join(folder, "map.bin"))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes arrived, %v", len(got), err)
	}
	// What is there already stays, and who takes no files gets none.
	bob.Type("/send " + path)
	bob.Await("there is a file called map.bin already")
	ann.Type("/send " + path)
	ann.Await("no files are taken here")
	bob.Type("/send " + path + "-missing")
	bob.Await("no such file")

	status, printed := examplestest.Run(t, "--broker", broker, "--room", "tea", "--name", "ann")
	if status != 1 || !strings.Contains(printed, "another --name") {
		t.Errorf("of a name that is taken, status %d: %s", status, printed)
	}
	bob.Interrupt()
	ann.Await("bob left")
	ann.Interrupt()
}

// Names of files are a stranger's.
func TestNamesOfFilesAreHeldToTheFolder(t *testing.T) {
	folder := t.TempDir()
	c := config{files: folder}
	for _, name := range []string{"", ".", "..", "../x", "/x", "a/b", ".bashrc", "a\nb", "a\x1b[2J"} {
		if f, err := c.create(offer{Name: name, Size: 1}); err == nil {
			_ = f.Close()
			t.Errorf("%q was made", name)
		}
	}
	for _, size := range []int64{-1, maxFile + 1} {
		if f, err := c.create(offer{Name: "x", Size: size}); err == nil {
			_ = f.Close()
			t.Errorf("a file of %d bytes was made", size)
		}
	}
	f, err := c.create(offer{Name: "käse.txt", Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
}

func TestMistakesAreExplained(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, test := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--help"}, 0, "/send FILE"},
		{[]string{"--no-such-flag"}, 2, "Flags:"},
		{nil, 1, "--serve"},
		{[]string{"--serve", l.Addr().String()}, 1, "choose another address"},
		{[]string{"--broker", "ws://127.0.0.1:1/ws", "--name", "ann"}, 1, "is a broker running there"},
		{[]string{"--serve", "127.0.0.1:0", "--name", "not a name"}, 1, "--name"},
	} {
		status, printed := examplestest.Run(t, test.args...)
		if status != test.status || !strings.Contains(printed, test.says) {
			t.Errorf("%v: status %d: %s", test.args, status, printed)
		}
	}
}
