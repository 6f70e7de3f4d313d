package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/channel"
)

const (
	// piece is what one message carries of a file, in bytes.
	piece = 256 << 10
	// maxFile bounds what is taken, in bytes.
	maxFile = 1 << 30
	// step is after how many bytes progress is told, at most this often.
	step = 1 << 20
	// stalled is how long a sender may stay silent in the middle of a file.
	stalled = time.Minute
)

// offer is the first message of a channel that carries a file. It is a
// request, which the other side answers when it takes the file and fails when
// not. The pieces follow, and at last an empty request, which is answered with
// the SHA-256 of what arrived.
type offer struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// send sends a file to one remote, over a channel of its own.
func send(ctx context.Context, r *peer.Remote, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	// Each label is used once at a time, whoever opens the channel.
	c, err := r.CreateDataChannel(ctx, "file "+rand.Text(), channel.Reliable)
	if err != nil {
		return err
	}
	defer c.Close()
	hello, _ := json.Marshal(offer{filepath.Base(path), info.Size()})
	if _, err := c.Request(ctx, hello); err != nil {
		return err
	}
	sum, p := sha256.New(), progress{what: filepath.Base(path) + " to " + r.ID(), size: info.Size()}
	buf := make([]byte, piece)
	for {
		n, err := f.Read(buf)
		if n > 0 {
			sum.Write(buf[:n])
			// It waits for a slow network or reader, so memory stays small.
			if err := c.Send(ctx, buf[:n]); err != nil {
				return err
			}
			p.add(n)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	theirs, err := c.Request(ctx, nil)
	if err == nil && !bytes.Equal(theirs, sum.Sum(nil)) {
		err = errors.New("it arrived damaged")
	}
	if err == nil {
		fmt.Printf("%s has %s, sha256 %x\n", r.ID(), filepath.Base(path), theirs)
	}
	return err
}

// take receives a file over a channel that a remote has opened.
func (c config) take(ctx context.Context, d *peer.DataChannel) error {
	defer d.Close()
	first, err := next(ctx, d)
	if err != nil {
		return err
	}
	var o offer
	if err := json.Unmarshal(first.Data, &o); err != nil || !first.IsRequest() {
		return errors.New("that was no offer")
	}
	f, err := c.create(o)
	if err != nil {
		return errors.Join(err, first.Fail(ctx, err.Error()))
	}
	sum, p := sha256.New(), progress{what: o.Name + " from " + d.Remote().ID(), size: o.Size}
	err = first.Respond(ctx, nil)
	for err == nil && p.done < o.Size {
		var m channel.Message
		if m, err = next(ctx, d); err != nil {
			break
		}
		if p.done+int64(len(m.Data)) > o.Size || len(m.Data) == 0 {
			err = errors.New("it is not as long as was said")
			break
		}
		_, err = io.MultiWriter(f, sum).Write(m.Data)
		p.add(len(m.Data))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name())) // half of it is of no use
	}
	last, err := next(ctx, d)
	if err == nil {
		err = last.Respond(ctx, sum.Sum(nil))
	}
	if err == nil {
		fmt.Printf("%s sent %s, sha256 %x\n", d.Remote().ID(), o.Name, sum.Sum(nil))
		<-d.Done() // so that the answer leaves before the channel closes
	}
	return err
}

// next waits for a message of a sender that is at work.
func next(ctx context.Context, d *peer.DataChannel) (channel.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, stalled)
	defer cancel()
	return d.Next(ctx)
}

// create makes the file that was offered. The name is a stranger's: it may
// neither lead out of the folder, nor hide, nor take the place of a file.
func (c config) create(o offer) (*os.File, error) {
	switch {
	case c.files == "":
		return nil, errors.New("no files are taken here; start with --files FOLDER")
	case !filepath.IsLocal(o.Name) || o.Name != filepath.Base(o.Name) || o.Name[0] == '.' || o.Name != printable(o.Name):
		return nil, errors.New("the file has no name to save it by")
	case o.Size < 0 || o.Size > maxFile:
		return nil, fmt.Errorf("the file has %d bytes, more than %d", o.Size, maxFile)
	}
	f, err := os.OpenFile(filepath.Join(c.files, o.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("there is a file called %s already", o.Name)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err) // the other side need not know our folders
		return nil, errors.New("the file could not be made")
	}
	return f, nil
}

// progress tells how far a file is, each time another part of it has passed.
type progress struct {
	what             string
	size, done, told int64
}

func (p *progress) add(n int) {
	p.done += int64(n)
	if p.done-p.told >= max(step, p.size/10) {
		p.told = p.done
		fmt.Printf("%s: %d %%\n", p.what, 100*p.done/p.size)
	}
}

// printable is what a stranger said without what a terminal would obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
}
